/** What people should be told of when an entity changes. */

import type { Entity } from "../doors";
import { flag, text } from "../state/properties";

export interface Happening {
  subject: string;
  what: "link_lost" | "link_back" | "mission_done" | "mission_aborted" | "mission_failed" | "video_bad" | "video_back";
  level: "info" | "warning" | "critical";
  /** The health of a video that went bad. */
  health?: string;
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
      return ofMission(subject, text(before, "state"), text(after, "state"));
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

function ofMission(subject: string, was: string | undefined, is: string | undefined): Happening | null {
  const end = is === was ? undefined : MISSION_ENDS[is as keyof typeof MISSION_ENDS];
  return end === undefined ? null : { subject, ...end };
}

function ofVideo(subject: string, was: string | undefined, is: string | undefined): Happening | null {
  if (was === undefined || is === undefined || was === is) return null;
  if (!PASSING.has(is)) return { subject, what: "video_bad", level: "warning", health: is };
  return is === "ok" && !PASSING.has(was) ? { subject, what: "video_back", level: "info" } : null;
}
