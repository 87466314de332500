/** Names that map and panels share. */

export type Health = "ok" | "connecting" | "stalled" | "offline" | "frozen" | "black" | "degraded" | "none";

export const STATIC_LAYERS = ["terrain", "buildings", "streets", "labels", "coverage", "sites", "zones", "cells"] as const;
export const LIVE_LAYERS = ["vehicles", "trails", "missions", "tracks", "cameras", "frustums", "footprints"] as const;

export type LayerSwitch = (typeof STATIC_LAYERS)[number] | (typeof LIVE_LAYERS)[number];

export function asHealth(value: string | undefined): Health {
  const known: readonly string[] = ["ok", "connecting", "stalled", "offline", "frozen", "black", "degraded"];
  return value !== undefined && known.includes(value) ? (value as Health) : "none";
}
