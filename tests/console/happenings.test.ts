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
