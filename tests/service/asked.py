"""What tests ask for."""

SQUARE = [[125.3190, 43.8592], [125.3210, 43.8592], [125.3210, 43.8608], [125.3190, 43.8608], [125.3190, 43.8592]]
SURVEY = {
    "kind": "survey",
    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
    "altitude": {"value_m": 60, "reference": "agl"},
}
