/** Calls to the service's HTTP door. Every failure becomes an `ApiError` that carries what the service said. */

import type {
  District,
  Layer,
  LayerName,
  Mission,
  MissionAction,
  MissionRequest,
  Problem,
  Session,
  TerrainTiles,
  VehicleCommand,
} from "./doors";

export const ROOT = new URL("api/v1/", document.baseURI);

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = "ApiError";
  }
}

/** The service could not be reached at all. */
export const UNREACHABLE = 0;

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? (body as Problem) : {};
  } catch {
    return { title: response.statusText };
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { accept: "application/json" } };
  if (body instanceof Blob) {
    init.headers = { ...init.headers, "content-type": "application/octet-stream" };
    init.body = body;
  } else if (body !== undefined) {
    init.headers = { ...init.headers, "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(new URL(path, ROOT), init);
  } catch {
    throw new ApiError(UNREACHABLE, {});
  }
  if (!response.ok) throw new ApiError(response.status, await problemOf(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const segment = encodeURIComponent;
const NOT_READY = 503;
const ASK_AGAIN_MS = 1_500;

/** Ask until the service is ready for it: parts of it take some time after its start. */
export async function whenReady<T>(ask: () => Promise<T>, most = 80): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== NOT_READY || asked >= most) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

export const api = {
  signIn: (name: string, password: string) => call<Session>("POST", "session", { name, password }),
  signInOnce: (token: string) => call<Session>("POST", "session", { one_time: token }),
  whoAmI: () => call<Session>("GET", "session"),
  setPassword: (password: string) => call<Session>("PUT", "session/password", { password }),
  signOut: () => call<void>("DELETE", "session"),

  district: () => call<District>("GET", "district"),
  terrain: () => call<TerrainTiles>("GET", "district/terrain"),
  layer: (name: LayerName) => call<Layer>("GET", `district/layers/${name}`),
  /** What tells one state of a layer from another. */
  layerTag: async (name: LayerName): Promise<string | null> => {
    const response = await fetch(new URL(`district/layers/${name}`, ROOT), { credentials: "same-origin" });
    await response.body?.cancel();
    return response.ok ? response.headers.get("etag") : null;
  },
  coverage: () => call<Layer>("GET", "coverage"),

  missions: async (): Promise<Mission[]> => {
    const body = await call<Mission[] | { missions: Mission[] }>("GET", "missions");
    return Array.isArray(body) ? body : body.missions;
  },
  draft: (request: MissionRequest) => call<Mission>("POST", "missions", request),
  mission: (id: string, action: MissionAction) => call<Mission>("POST", `missions/${segment(id)}/${action}`),
  override: (id: string, rule: string, vehicle: string | undefined, reason: string) =>
    call<Mission>("POST", `missions/${segment(id)}/override`, { rule, reason, ...(vehicle ? { vehicle_id: vehicle } : {}) }),
  importPlan: (file: File, vehicle?: string) => {
    const asked = new URLSearchParams({ format: file.name.split(".").pop()?.toLowerCase() ?? "" });
    if (vehicle !== undefined) asked.set("vehicle_id", vehicle);
    return call<Mission>("POST", `missions/import?${asked.toString()}`, file);
  },
  command: (vehicle: string, command: VehicleCommand) =>
    call<{ accepted: boolean }>("POST", `vehicles/${segment(vehicle)}/commands`, { command }),
};

/** Where a plan of a mission can be had as a file. */
export function exportAddress(mission: string, vehicle: string, format: string): string {
  const asked = new URLSearchParams({ format });
  if (vehicle !== "") asked.set("vehicle_id", vehicle);
  return new URL(`missions/${segment(mission)}/export?${asked.toString()}`, ROOT).href;
}

/** Absolute address of something under /api/v1, for MapLibre and its workers. */
export function address(path: string): string {
  return new URL(path, ROOT).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
}

/** Address of a WebSocket under /api/v1. */
export function socketAddress(path: string): string {
  const url = new URL(path, ROOT);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
