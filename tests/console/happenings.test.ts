import type { Entity } from "../../console/src/doors";
import { happening } from "../../console/src/picture/happenings";

const state = (kind: Entity["kind"], properties: Record<string, unknown>): Entity => ({
  id: `${kind}/it`,
  kind,
  time: 1,
  stale_time: 2,
  source: "test",
  properties,
});

describe("people are told", () => {
  it.each([
    ["vehicle", { link: "up" }, { link: "lost" }, "link_lost"],
    ["vehicle", { link: "lost" }, { link: "up" }, "link_back"],
    ["mission", { state: "flying" }, { state: "done" }, "mission_done"],
    ["mission", { state: "uploading" }, { state: "failed" }, "mission_failed"],
    ["mission", { state: "cleared" }, { state: "draft" }, "mission_withdrawn"],
    ["camera", { video: true, health: "ok" }, { video: true, health: "frozen" }, "video_bad"],
    ["camera", { video: true, health: "stalled" }, { video: true, health: "ok" }, "video_back"],
  ] as const)("when a %s goes from %o to %o", (kind, before, after, what) => {
    expect(happening(state(kind, before), state(kind, after))).toMatchObject({ subject: "it", what });
  });

  it.each([
    ["vehicle", { link: "up" }, { link: "stale" }],
    ["vehicle", { link: "lost" }, { link: "lost" }],
    ["mission", { state: "done" }, { state: "done" }],
    ["mission", { state: "draft" }, { state: "cleared" }],
    ["camera", { video: true, health: "connecting" }, { video: true, health: "ok" }],
    ["camera", { video: false, health: "ok" }, { video: false, health: "offline" }],
    ["track", { status: "confirmed" }, { status: "dropped" }],
  ] as const)("but not when a %s goes from %o to %o", (kind, before, after) => {
    expect(happening(state(kind, before), state(kind, after))).toBeNull();
  });
});

describe("what comes up in the air", () => {
  const met = (...times: number[]) => ({
    state: "flying",
    flights: [
      {
        vehicle_id: "uav-1",
        contingencies: times.map((time) => ({
          rule: "no_fly",
          severity: "blocking",
          action: "hold",
          time,
          message: `zone ${time}`,
          message_zh: `禁飞区 ${time}`,
        })),
      },
    ],
  });

  it("is told of the aircraft, with what was done and why, in both languages", () => {
    expect(happening(state("mission", met(1)), state("mission", met(1, 2)))).toEqual({
      subject: "uav-1",
      what: "contingency",
      level: "critical",
      action: "hold",
      why: { en: "zone 2", zh: "禁飞区 2" },
    });
  });

  it("is told once", () => {
    expect(happening(state("mission", met(1, 2)), state("mission", met(1, 2)))).toBeNull();
  });

  it("says why a clearance was withdrawn", () => {
    const blocked_by = { en: "a zone", zh: "禁飞区" };
    const told = happening(state("mission", { state: "cleared" }), state("mission", { state: "draft", blocked_by }));
    expect(told).toMatchObject({ what: "mission_withdrawn", level: "critical", why: blocked_by });
  });
});
