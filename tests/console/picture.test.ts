import type { Entity } from "../../console/src/doors";
import { freshness, Picture, ServiceClock } from "../../console/src/picture/reducer";
import { Trails } from "../../console/src/picture/trails";

const entity = (id: string, time: number, rest: Partial<Entity> = {}): Entity => ({
  id,
  kind: "vehicle",
  time,
  stale_time: time + 4,
  source: "test",
  ...rest,
});

describe("the picture", () => {
  const snapshot = {
    type: "snapshot",
    epoch: "e1",
    seq: 10,
    time: 100,
    entities: [entity("vehicle/a", 100), entity("vehicle/b", 100)],
  } as const;

  it("is what the snapshot says, and then what deltas change", () => {
    const picture = new Picture();
    picture.apply({ ...snapshot, entities: [...snapshot.entities] });
    const change = picture.apply({
      type: "delta",
      seq: 12,
      time: 101,
      changed: [entity("vehicle/a", 101), entity("vehicle/c", 101)],
      removed: ["vehicle/b"],
    });
    expect([...picture.entities.keys()].sort()).toEqual(["vehicle/a", "vehicle/c"]);
    expect(picture.entities.get("vehicle/a")?.time).toBe(101);
    expect(change).toEqual({ changed: ["vehicle/a", "vehicle/c"], removed: ["vehicle/b"], whole: false });
  });

  it("resumes from the newest delta of its epoch", () => {
    const picture = new Picture();
    expect(picture.resume()).toBeUndefined();
    picture.apply({ ...snapshot, entities: [] });
    picture.apply({ type: "delta", seq: 17, time: 101, changed: [], removed: [] });
    expect(picture.resume()).toEqual({ epoch: "e1", seq: 17 });
  });

  it("takes no delta twice and none before a snapshot", () => {
    const picture = new Picture();
    picture.apply({ type: "delta", seq: 3, time: 99, changed: [entity("vehicle/x", 99)], removed: [] });
    expect(picture.entities.size).toBe(0);
    picture.apply({ ...snapshot, entities: [...snapshot.entities] });
    picture.apply({ type: "delta", seq: 10, time: 100, changed: [], removed: ["vehicle/a"] });
    expect(picture.entities.has("vehicle/a")).toBe(true);
  });

  it("starts anew with a snapshot of another epoch and tells what went away", () => {
    const picture = new Picture();
    picture.apply({ ...snapshot, entities: [...snapshot.entities] });
    const change = picture.apply({ type: "snapshot", epoch: "e2", seq: 1, time: 200, entities: [entity("vehicle/a", 200)] });
    expect(change.removed).toEqual(["vehicle/b"]);
    expect(picture.resume()).toEqual({ epoch: "e2", seq: 1 });
  });
});

describe("age", () => {
  it("is told in three steps towards the stale time", () => {
    const it_ = { time: 100, stale_time: 104 };
    expect(freshness(it_, 101)).toBe("fresh");
    expect(freshness(it_, 102.5)).toBe("late");
    expect(freshness(it_, 104)).toBe("stale");
  });

  it("goes on while nothing is heard, by this machine's monotonic clock", () => {
    const clock = new ServiceClock();
    expect(clock.now(0)).toBe(0);
    clock.note(1000, 5_000);
    expect(clock.now(7_500)).toBeCloseTo(1002.5);
  });

  it("is not thrown back by one late message, but follows a service whose clock was set", () => {
    const clock = new ServiceClock();
    clock.note(1000, 0);
    clock.note(1000.2, 900);
    expect(clock.now(1_000)).toBeCloseTo(1001);
    clock.note(500, 2_000);
    expect(clock.now(2_000)).toBeCloseTo(500);
  });
});

describe("trails", () => {
  const at = (time: number) =>
    entity("vehicle/a", time, { position: { lat_deg: 43, lon_deg: 125 + time / 1e5, alt_amsl_m: 250 } });

  it("keep a point a second and no more than they may", () => {
    const trails = new Trails(3);
    for (const time of [0, 0.2, 0.4, 1, 2, 3, 4]) trails.note(at(time));
    expect(trails.points.get("vehicle/a")?.map(([lon]) => Math.round((lon - 125) * 1e5))).toEqual([2, 3, 4]);
  });

  it("are gone with their vehicle", () => {
    const trails = new Trails();
    trails.note(at(1));
    trails.forget("vehicle/a");
    expect(trails.points.size).toBe(0);
  });
});
