"""What is flown: plan, clear, fly; vehicles and fleets over MAVLink."""
