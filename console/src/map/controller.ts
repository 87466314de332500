/** Owns the map: MapLibre for what stands still, deck.gl for what moves. */

import { MapLibreOverlay } from "@deck.gl/maplibre";
import { WebMercatorViewport, type Layer } from "@deck.gl/core";
import type { Device } from "@luma.gl/core";
import {
  Map as MapLibreMap,
  ScaleControl,
  setWorkerUrl,
  type GeoJSONSource,
  type MapMouseEvent,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import { address, api, whenReady } from "../api";
import type { District, TerrainTiles } from "../doors";
import { LocalFrame } from "../geometry/enu";
import type { Language } from "../i18n/strings";
import type { LayerSwitch } from "./kinds";
import { elevationColour, FIRST_LABEL, nameFields, styleFor, SWITCHED } from "./style";

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

export interface MapEvents {
  ready(): void;
  device(device: Device): void;
  pick(id: string | null): void;
  pointer(at: { lon_deg: number; lat_deg: number } | null): void;
  moved(): void;
  contextLost(lost: boolean): void;
  /** Something that was asked for did not come. */
  failed(error: unknown): void;
}

const TILTED_DEG = 58;
const FIRST_ZOOM = 15.6;
const EARTH_M = 40_075_016.686;

/** Drawn above the names of streets and places. */
const ABOVE_NAMES = new Set([
  "vehicles-rotorcraft-hidden",
  "vehicles-rotorcraft",
  "vehicles-fixed_wing-hidden",
  "vehicles-fixed_wing",
  "vehicle-rings",
  "vehicle-names",
]);

export type Graphics = "none" | "software" | "card";

/** What this browser draws with: nothing, the processor, or a graphics card. */
export function graphics(): Graphics {
  try {
    const context = document.createElement("canvas").getContext("webgl2");
    if (context === null) return "none";
    const info = context.getExtension("WEBGL_debug_renderer_info");
    const renderer = String(context.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
    context.getExtension("WEBGL_lose_context")?.loseContext();
    return /swiftshader|llvmpipe|software|basic render/i.test(renderer) ? "software" : "card";
  } catch {
    return "none";
  }
}

export class MapController {
  readonly map: MapLibreMap;
  readonly frame: LocalFrame;
  readonly #overlay: MapLibreOverlay;
  #coverageLoaded = false;
  #zonesTag: string | null = null;
  #picking = false;
  /** Clicks belong to the drawing tool while it is in use. */
  drawing = false;

  constructor(
    container: HTMLElement,
    readonly district: District,
    terrain: TerrainTiles | null,
    language: Language,
    smooth: boolean,
    readonly events: MapEvents,
  ) {
    const { home } = district;
    this.frame = new LocalFrame(home);
    this.map = new MapLibreMap({
      container,
      style: styleFor(terrain, language),
      center: [home.lon_deg, home.lat_deg],
      zoom: FIRST_ZOOM,
      pitch: TILTED_DEG,
      bearing: -20,
      maxPitch: 80,
      minZoom: 10,
      maxZoom: 20,
      attributionControl: false,
      fadeDuration: 0,
      localIdeographFontFamily: false,
      canvasContextAttributes: { antialias: smooth },
      pixelRatio: smooth ? window.devicePixelRatio : 1,
    });
    this.#overlay = new MapLibreOverlay({
      interleaved: true,
      layers: [],
      onDeviceInitialized: (device) => this.events.device(device),
      layerFilter: ({ isPicking }) => !isPicking || this.#picking,
    });
    this.map.addControl(this.#overlay);
    this.map.addControl(new ScaleControl({ maxWidth: 110, unit: "metric" }), "bottom-right");
    if (!smooth) this.map.once("style.load", () => this.#spareTheProcessor());
    this.map.on("load", () => this.events.ready());
    this.map.on("move", () => this.events.moved());
    this.map.on("click", (event) => this.#click(event));
    this.map.on("mousemove", (event) =>
      this.events.pointer({ lon_deg: event.lngLat.lng, lat_deg: event.lngLat.lat }),
    );
    this.map.on("mouseout", () => this.events.pointer(null));
    this.map.on("webglcontextlost", () => this.events.contextLost(true));
    this.map.on("webglcontextrestored", () => this.events.contextLost(false));
  }

  get metresPerPixel(): number {
    const { lat } = this.map.getCenter();
    return (EARTH_M * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
  }

  /** Colour the ground by height between these. */
  tint(lowest_m: number, highest_m: number): void {
    if (this.map.getLayer("elevation")) {
      this.map.setPaintProperty("elevation", "color-relief-color", elevationColour(lowest_m, highest_m));
    }
  }

  /** Where positions (longitude, latitude, AMSL) are on the screen. */
  projection(): (position: [number, number, number]) => [number, number] {
    const { lng, lat } = this.map.getCenter();
    const { clientWidth: width, clientHeight: height } = this.map.getCanvas();
    const viewport = new WebMercatorViewport({
      width,
      height,
      longitude: lng,
      latitude: lat,
      zoom: this.map.getZoom(),
      pitch: this.map.getPitch(),
      bearing: this.map.getBearing(),
      position: [0, 0, this.map.getCenterElevation()],
    });
    return (position) => {
      const [x = 0, y = 0] = viewport.project(position);
      return [x, y];
    };
  }

  draw(layers: Layer[]): void {
    const placed = layers.map((layer) =>
      ABOVE_NAMES.has(layer.id) ? layer : layer.clone({ beforeId: FIRST_LABEL } as object),
    );
    this.#overlay.setProps({ layers: placed });
  }

  show(name: LayerSwitch, visible: boolean): void {
    if (name === "coverage" && visible) this.#loadCoverage();
    for (const id of SWITCHED[name] ?? []) {
      if (this.map.getLayer(id)) this.map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    }
  }

  /** Zones come and go while the service runs: those on the map are loaded again when they have changed. */
  async renewZones(): Promise<void> {
    const tag = await api.layerTag("zones").catch(() => null);
    if (tag === null || tag === this.#zonesTag) return;
    if (this.#zonesTag !== null) this.map.getSource<GeoJSONSource>("zones")?.setData(address("district/layers/zones"));
    this.#zonesTag = tag;
  }

  speak(language: Language): void {
    for (const [layer, field] of nameFields(language)) this.map.setLayoutProperty(layer, "text-field", field);
  }

  goTo(lon_deg: number, lat_deg: number, zoom?: number): void {
    this.map.easeTo({ center: [lon_deg, lat_deg], duration: 500, ...(zoom === undefined ? {} : { zoom }) });
  }

  goHome(): void {
    this.map.easeTo({ center: [this.district.home.lon_deg, this.district.home.lat_deg], zoom: FIRST_ZOOM, duration: 600 });
  }

  tilt(): void {
    this.map.easeTo({ pitch: this.map.getPitch() > 15 ? 0 : TILTED_DEG, duration: 400 });
  }

  north(): void {
    this.map.easeTo({ bearing: 0, duration: 300 });
  }

  remove(): void {
    this.map.remove();
  }

  /** Terrain in coarser steps, which a processor without a graphics card can draw several times as often. */
  #spareTheProcessor(): void {
    if (!this.map.terrain) return;
    this.map.terrain.meshSize = 16;
    this.map.terrain.qualityFactor = 1;
  }

  /** Coverage is heavy and hidden at first: it is asked for when first looked at. */
  #loadCoverage(): void {
    if (this.#coverageLoaded) return;
    this.#coverageLoaded = true;
    whenReady(api.coverage).then(
      (coverage) => void this.map.getSource<GeoJSONSource>("coverage")?.setData(coverage),
      (error: unknown) => {
        this.#coverageLoaded = false;
        this.events.failed(error);
      },
    );
  }

  #click(event: MapMouseEvent): void {
    if (this.drawing) return;
    this.#picking = true;
    const found = this.#overlay.pickObject({ x: event.point.x, y: event.point.y, radius: 8 });
    this.#picking = false;
    const object = found?.object as { id?: unknown } | undefined;
    this.events.pick(typeof object?.id === "string" ? object.id : null);
  }
}
