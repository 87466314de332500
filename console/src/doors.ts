/** The shapes that cross the service's doors: HTTP and WebSocket under /api/v1. Times are UTC seconds. */

import type { FeatureCollection, Geometry, LineString, Polygon } from "geojson";

export type EntityKind =
  | "vehicle"
  | "camera"
  | "footprint"
  | "track"
  | "incident"
  | "mission"
  | "zone"
  | "site"
  | "unit";

export interface Position {
  lat_deg: number;
  lon_deg: number;
  alt_amsl_m: number;
  alt_agl_m?: number;
}

export interface Attitude {
  roll_deg: number;
  pitch_deg: number;
  yaw_deg: number;
}

export type Vector3 = [number, number, number];

export interface Entity {
  id: string;
  kind: EntityKind;
  time: number;
  stale_time: number;
  source: string;
  position?: Position;
  velocity_enu_mps?: Vector3;
  attitude?: Attitude;
  covariance_enu_m2?: [Vector3, Vector3, Vector3];
  geometry?: Geometry;
  properties?: Record<string, unknown>;
}

export interface CameraPose {
  time: number;
  position: Position;
  azimuth_deg: number;
  tilt_deg: number;
  roll_deg: number;
  hfov_deg: number;
  vfov_deg: number;
  position_sigma_m?: number;
  angle_sigma_deg?: number;
}

/* The picture's stream */

export type Epoch = string | number;

export interface Subscribe {
  type: "subscribe";
  area?: [number, number, number, number];
  layers?: EntityKind[];
  rate_hz?: number;
  resume?: { epoch: Epoch; seq: number };
}

export interface Snapshot {
  type: "snapshot";
  epoch: Epoch;
  seq: number;
  time: number;
  entities: Entity[];
}

export interface Delta {
  type: "delta";
  seq: number;
  time: number;
  changed: Entity[];
  removed: string[];
}

export interface Status {
  type: "status";
  time: number;
  lag_ms?: number;
  dropped?: number;
  degraded?: boolean;
}

export interface StreamError {
  type: "error";
  title?: string;
  detail?: string;
}

export type PictureMessage = Snapshot | Delta | Status | StreamError;

/* The video's stream */

export interface VideoHeader {
  time: number;
  key: boolean;
  codec: string;
  width: number;
  height: number;
  sensor_id: string;
  pose?: CameraPose;
}

/* Sign-in */

export type Role = "viewer" | "commander" | "pilot" | "admin";

export type Permission = "look" | "report" | "plan" | "zones" | "override" | "weather" | "clear" | "fly" | "audit";

export interface Session {
  name: string;
  role: Role;
  permissions: Permission[];
  expires_time?: number;
  token?: string;
}

/** RFC 9457 problem details. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  detail_zh?: string;
  field?: string;
  findings?: Finding[];
}

/* The district */

export type LayerName = "buildings" | "cameras" | "sites" | "zones" | "cells" | "streets";

export interface District {
  name: string;
  name_en?: string;
  home: Position;
  /** west, south, east, north */
  bounds: [number, number, number, number];
  missing?: string[];
}

export interface TerrainTiles {
  encoding: "terrarium";
  minzoom: number;
  maxzoom: number;
  bounds: [number, number, number, number];
}

export interface CameraRow {
  id: string;
  name?: string;
  name_en?: string;
  height_m: number;
  azimuth_deg: number;
  tilt_deg: number;
  hfov_deg: number;
  vfov_deg: number;
  width_px: number;
  height_px: number;
  ptz?: boolean | number;
  status?: string;
}

export type Layer = FeatureCollection<Geometry, Record<string, unknown>>;

/* Missions */

export type MissionKind =
  | "survey"
  | "route"
  | "corridor"
  | "perimeter"
  | "orbit"
  | "search"
  | "dispatch"
  | "gap"
  | "follow";
export type Pattern = "expanding_square" | "sector" | "creeping_line";
export type VehicleKind = "rotorcraft" | "fixed_wing" | "vtol";
export type MissionState =
  | "draft"
  | "cleared"
  | "uploading"
  | "flying"
  | "paused"
  | "returning"
  | "done"
  | "aborted"
  | "failed";

export interface MissionRequest {
  kind: MissionKind;
  geometry: Polygon | LineString | Geometry;
  altitude: { value_m: number; reference: "agl" | "amsl" | "home" };
  speed_mps?: number;
  vehicles?: string[] | VehicleCount | VehicleCount[];
  pattern?: Pattern;
  direction_deg?: number;
  width_m?: number;
  radius_m?: number;
  turns?: number;
  offset_m?: number;
  spacing_m?: number;
  stay_s?: number;
  standoff_m?: number;
  target_speed_mps?: number;
  revisit_s?: number;
  persist_s?: number;
  battery_swaps?: boolean;
}

export interface VehicleCount {
  count: number;
  kind?: VehicleKind;
}

export interface Finding {
  vehicle_id?: string;
  rule: string;
  severity: "blocking" | "warning";
  message: string;
  message_zh?: string;
  item?: number;
  position?: Position;
  margin_m?: number;
  /** Whether policy lets a commander override it. */
  overridable?: boolean;
  overridden?: Override;
}

/** Who lets a mission fly in spite of a finding, and why. */
export interface Override {
  by: string;
  time: number;
  reason: string;
}

export interface Plan {
  vehicle_id: string;
  vehicle_kind: VehicleKind;
  duration_s?: number;
  distance_m?: number;
  energy_fraction?: number;
  ground_resolution_m?: number;
  items: unknown[];
  /** Seconds after the launch; left out when it takes off at once. */
  takeoffs_s?: number[];
  /** What the planner decided, each as English and Chinese. */
  notes?: [string, string][];
  path_geojson?: LineString;
}

/** One vehicle's part of a mission; what has its usual value is left out. */
export interface Flight {
  vehicle_id: string;
  state?: string;
  item?: number;
  items?: number;
  items_reached?: number;
  upload_progress?: number;
  distance_m?: number;
  reason_en?: string;
  reason_zh?: string;
  contingencies?: Contingency[];
}

/** What came up against a flight in the air, and what was done about it. */
export interface Contingency {
  rule: string;
  about?: string;
  severity: "blocking" | "warning";
  action: "tell" | "hold" | "return" | "land";
  time: number;
  message: string;
  message_zh?: string;
}

/** Seconds after the launch; how long a patrol is left without anybody, where it is to be kept up. */
export interface Schedule {
  finish_s: number;
  worst_uncovered_s?: number | null;
}

export interface Mission {
  id: string;
  kind: MissionKind | "import";
  name?: string;
  state: MissionState;
  request?: Partial<MissionRequest>;
  plans: Plan[];
  findings: Finding[];
  flights?: Flight[];
  schedule?: Schedule;
  created_time?: number;
  by?: string;
}

export type MissionAction = "clear" | "launch" | "pause" | "resume" | "abort";
export type VehicleCommand = "hold" | "resume" | "return" | "land";
