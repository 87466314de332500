/** What people should be told of when an entity changes. */

import type { Contingency, Entity, Flight } from "../doors";
import { flag, text } from "../state/properties";

export interface Happening {
  subject: string;
  what:
    | "link_lost"
    | "link_back"
    | "mission_done"
    | "mission_aborted"
    | "mission_failed"
    | "mission_withdrawn"
    | "contingency"
    | "video_bad"
    | "video_back";
  level: "info" | "warning" | "critical";
  /** The health of a video that went bad. */
  health?: string;
  /** What was done about a contingency. */
  action?: Contingency["action"];
  /** The reason, in the service's words. */
  why?: { en: string; zh: string };
}

const MISSION_ENDS = {
  done: { what: "mission_done", level: "info" },
  aborted: { what: "mission_aborted", level: "warning" },
  failed: { what: "mission_failed", level: "critical" },
} as const;
/** Passing states of a video, not worth a word. */
const PASSING = new Set(["ok", "connecting"]);

/** What happened between two states of one entity; null when it is nothing to speak of. */
export function happening(before: Entity, after: Entity): Happening | null {
  const subject = after.id.slice(after.id.indexOf("/") + 1);
  switch (after.kind) {
    case "vehicle":
      return ofLink(subject, text(before, "link") === "lost", text(after, "link") === "lost");
    case "mission":
      return ofContingency(before, after) ?? ofMission(subject, text(before, "state"), after);
    case "camera":
      return flag(after, "video") ? ofVideo(subject, text(before, "health"), text(after, "health")) : null;
    default:
      return null;
  }
}

function ofLink(subject: string, was: boolean, is: boolean): Happening | null {
  if (was === is) return null;
  return is ? { subject, what: "link_lost", level: "critical" } : { subject, what: "link_back", level: "info" };
}

function ofContingency(before: Entity, after: Entity): Happening | null {
  const known = Math.max(0, ...met(before).map(([, each]) => each.time));
  const newest = met(after).at(-1);
  if (newest === undefined || newest[1].time <= known) return null;
  const [subject, { severity, action, message, message_zh }] = newest;
  const level = severity === "blocking" ? "critical" : "warning";
  return { subject, what: "contingency", level, action, why: { en: message, zh: message_zh ?? message } };
}

/** What came up in the flights of a mission, each with its aircraft, the newest last. */
function met(mission: Entity): [string, Contingency][] {
  const flights = (mission.properties?.flights ?? []) as Flight[];
  const all = flights.flatMap(({ vehicle_id, contingencies }) =>
    (contingencies ?? []).map((each): [string, Contingency] => [vehicle_id, each]),
  );
  return all.sort(([, a], [, b]) => a.time - b.time);
}

function ofMission(subject: string, was: string | undefined, after: Entity): Happening | null {
  const is = text(after, "state");
  if (was === "cleared" && is === "draft") {
    const why = after.properties?.blocked_by as Happening["why"];
    return { subject, what: "mission_withdrawn", level: "critical", ...(why === undefined ? {} : { why }) };
  }
  const end = is === was ? undefined : MISSION_ENDS[is as keyof typeof MISSION_ENDS];
  return end === undefined ? null : { subject, ...end };
}

function ofVideo(subject: string, was: string | undefined, is: string | undefined): Happening | null {
  if (was === undefined || is === undefined || was === is) return null;
  if (!PASSING.has(is)) return { subject, what: "video_bad", level: "warning", health: is };
  return is === "ok" && !PASSING.has(was) ? { subject, what: "video_back", level: "info" } : null;
}
