/** The map's style: everything that stands still, from the district alone. */

import type { ExpressionSpecification, LayerSpecification, RasterDEMSourceSpecification, StyleSpecification } from "maplibre-gl";
import cjkFont from "@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff2?url";
import cjkLatinFont from "@fontsource/noto-sans-sc/files/noto-sans-sc-latin-400-normal.woff2?url";
import { address } from "../api";
import type { TerrainTiles } from "../doors";
import type { Language } from "../i18n/strings";
import type { LayerSwitch } from "./kinds";
import { COVERAGE, SITE, ZONES } from "./palette";

export const FONT = "Liti Map";
const LABEL = "#c3d0dc";
const HALO = "#0b1219";

/** Which style layers a switch shows. */
export const SWITCHED: Partial<Record<LayerSwitch, string[]>> = {
  terrain: ["elevation", "relief"],
  buildings: ["buildings"],
  streets: ["streets-case", "streets"],
  labels: ["street-names", "site-names", "zone-names", "cell-names"],
  coverage: ["coverage"],
  sites: ["site-areas", "site-outlines", "site-points", "site-names"],
  zones: ["zone-areas", "zone-outlines", "zone-walls", "zone-names"],
  cells: ["cell-lines", "cell-names"],
};

/** Deck.gl's layers go beneath the names. */
export const FIRST_LABEL = "cell-names";

function nameIn(language: Language): ExpressionSpecification {
  const order = language === "en" ? ["name_en", "name", "id"] : ["name", "name_en", "id"];
  return ["coalesce", ...order.map((field) => ["get", field])] as unknown as ExpressionSpecification;
}

function ruleColour(): ExpressionSpecification {
  const pairs = Object.entries(ZONES).flat();
  return ["match", ["get", "rule"], ...pairs, "#8899aa"] as unknown as ExpressionSpecification;
}

function densityColour(): ExpressionSpecification {
  const steps = COVERAGE.slice(1).flatMap(([density, colour]) => [density, colour]);
  const first = COVERAGE[0]?.[1] ?? "#4163c4";
  return [
    "step",
    ["to-number", ["get", "px_per_m_min"], 0],
    first,
    ...steps,
  ] as unknown as ExpressionSpecification;
}

/** From dark in the lowest place of a district to light in its highest. */
export function elevationColour(lowest_m: number, highest_m: number): ExpressionSpecification {
  const span = Math.max(highest_m - lowest_m, 20);
  const steps = ["#141d26", "#1c2833", "#263440", "#33434f", "#42535f"].flatMap((colour, i) => [
    lowest_m + (span * i) / 4,
    colour,
  ]);
  return ["interpolate", ["linear"], ["elevation"], ...steps] as unknown as ExpressionSpecification;
}

function geojson(path: string): StyleSpecification["sources"][string] {
  return { type: "geojson", data: address(path) };
}

function streets(): LayerSpecification[] {
  const width = (extra: number): ExpressionSpecification =>
    [
      "interpolate",
      ["exponential", 2],
      ["zoom"],
      12,
      ["+", 0.4, extra],
      20,
      ["+", ["*", ["to-number", ["get", "width_m"], 8], 9.3], extra],
    ] as unknown as ExpressionSpecification;
  return [
    {
      id: "streets-case",
      type: "line",
      source: "streets",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": "#141d27", "line-width": width(2) },
    },
    {
      id: "streets",
      type: "line",
      source: "streets",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": "#3b4856", "line-width": width(0) },
    },
  ];
}

function areas(): LayerSpecification[] {
  const isArea: ExpressionSpecification = ["==", ["geometry-type"], "Polygon"];
  const isPoint: ExpressionSpecification = ["==", ["geometry-type"], "Point"];
  return [
    {
      id: "coverage",
      type: "fill",
      source: "coverage",
      layout: { visibility: "none", "fill-sort-key": ["to-number", ["get", "px_per_m_min"], 0] },
      paint: { "fill-color": densityColour(), "fill-opacity": 0.5, "fill-antialias": false },
    },
    {
      id: "cell-lines",
      type: "line",
      source: "cells",
      layout: { visibility: "none" },
      paint: { "line-color": "#6f8296", "line-width": 1, "line-dasharray": [4, 3], "line-opacity": 0.7 },
    },
    {
      id: "zone-areas",
      type: "fill",
      source: "zones",
      filter: ["!=", ["get", "rule"], "flight_area"],
      paint: { "fill-color": ruleColour(), "fill-opacity": 0.1 },
    },
    {
      id: "zone-outlines",
      type: "line",
      source: "zones",
      paint: { "line-color": ruleColour(), "line-width": 1.5, "line-opacity": 0.85 },
    },
    {
      id: "site-areas",
      type: "fill",
      source: "sites",
      filter: isArea,
      paint: { "fill-color": SITE, "fill-opacity": 0.16 },
    },
    {
      id: "site-outlines",
      type: "line",
      source: "sites",
      filter: isArea,
      paint: { "line-color": SITE, "line-width": 1.5, "line-opacity": 0.9 },
    },
    {
      id: "site-points",
      type: "circle",
      source: "sites",
      filter: isPoint,
      paint: {
        "circle-color": "#0b1219",
        "circle-radius": 4.5,
        "circle-stroke-color": SITE,
        "circle-stroke-width": 2,
      },
    },
  ];
}

function solids(): LayerSpecification[] {
  return [
    {
      id: "buildings",
      type: "fill-extrusion",
      source: "buildings",
      minzoom: 12,
      paint: {
        "fill-extrusion-color": [
          "interpolate",
          ["linear"],
          ["to-number", ["get", "height_m"], 8],
          4,
          "#3a4754",
          20,
          "#4a5967",
          45,
          "#5f7180",
          80,
          "#7b8f9f",
        ],
        "fill-extrusion-height": ["to-number", ["get", "height_m"], 8],
        "fill-extrusion-base": 0,
        "fill-extrusion-opacity": 1,
        "fill-extrusion-vertical-gradient": true,
      },
    },
    {
      id: "zone-walls",
      type: "fill-extrusion",
      source: "zones",
      filter: ["==", ["get", "rule"], "no_fly"],
      paint: {
        "fill-extrusion-color": ruleColour(),
        "fill-extrusion-height": 100,
        "fill-extrusion-opacity": 0.14,
        "fill-extrusion-vertical-gradient": false,
      },
    },
  ];
}

function names(language: Language): LayerSpecification[] {
  const paint = { "text-color": LABEL, "text-halo-color": HALO, "text-halo-width": 1.4 };
  const font = { "text-font": [FONT], "text-field": nameIn(language) };
  return [
    {
      id: "cell-names",
      type: "symbol",
      source: "cells",
      layout: { ...font, visibility: "none", "text-size": 12, "text-letter-spacing": 0.06 },
      paint: { ...paint, "text-color": "#8fa2b5" },
    },
    {
      id: "street-names",
      type: "symbol",
      source: "streets",
      minzoom: 13.5,
      layout: {
        ...font,
        "symbol-placement": "line",
        "symbol-spacing": 320,
        "text-size": ["interpolate", ["linear"], ["zoom"], 13.5, 10.5, 17, 13],
        "text-pitch-alignment": "viewport",
        "text-max-angle": 35,
      },
      paint: { ...paint, "text-color": "#a4b4c3" },
    },
    {
      id: "zone-names",
      type: "symbol",
      source: "zones",
      minzoom: 12.5,
      filter: ["!=", ["get", "rule"], "flight_area"],
      layout: { ...font, "text-size": 12, "text-max-width": 8 },
      paint: { ...paint, "text-color": ruleColour() },
    },
    {
      id: "site-names",
      type: "symbol",
      source: "sites",
      minzoom: 13,
      layout: { ...font, "text-size": 12.5, "text-offset": [0, 1], "text-anchor": "top", "text-max-width": 9 },
      paint: { ...paint, "text-color": "#ffe2a8" },
    },
  ];
}

/** The whole style. `terrain` is null where the district has no terrain layer. */
export function styleFor(terrain: TerrainTiles | null, language: Language): StyleSpecification {
  const absolute = (url: string) => new URL(url, document.baseURI).href;
  const style: StyleSpecification = {
    version: 8,
    "font-faces": {
      [FONT]: [
        { url: absolute(cjkLatinFont), "unicode-range": ["U+0000-02FF", "U+2000-206F"] },
        { url: absolute(cjkFont), "unicode-range": ["U+2E80-FFFF"] },
      ],
    },
    sky: {
      "sky-color": "#16222f",
      "horizon-color": "#243444",
      "fog-color": "#111a23",
      "sky-horizon-blend": 0.6,
      "horizon-fog-blend": 0.7,
      "fog-ground-blend": 0.85,
    },
    light: { anchor: "map", position: [1.4, 215, 38], color: "#e8f1ff", intensity: 0.42 },
    sources: {
      streets: geojson("district/layers/streets"),
      buildings: geojson("district/layers/buildings"),
      sites: geojson("district/layers/sites"),
      zones: geojson("district/layers/zones"),
      cells: geojson("district/layers/cells"),
      coverage: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [{ id: "ground", type: "background", paint: { "background-color": "#1b252f" } }],
  };
  if (terrain !== null) {
    const dem: RasterDEMSourceSpecification = {
      type: "raster-dem",
      tiles: [`${address("district/terrain")}/{z}/{x}/{y}.png`],
      encoding: terrain.encoding,
      tileSize: 256,
      minzoom: terrain.minzoom,
      maxzoom: terrain.maxzoom,
      bounds: terrain.bounds,
    };
    style.sources["heights"] = dem;
    style.sources["relief"] = dem;
    style.terrain = { source: "heights", exaggeration: 1 };
    style.layers.push({
      id: "elevation",
      type: "color-relief",
      source: "relief",
      paint: { "color-relief-color": elevationColour(0, 500) },
    });
    style.layers.push({
      id: "relief",
      type: "hillshade",
      source: "relief",
      paint: {
        "hillshade-exaggeration": 0.55,
        "hillshade-shadow-color": "#070c12",
        "hillshade-highlight-color": "#4a5f73",
        "hillshade-accent-color": "#16222d",
        "hillshade-illumination-direction": 325,
      },
    });
  }
  style.layers.push(...areas(), ...streets(), ...solids(), ...names(language));
  return style;
}

/** The text of each layer of names, to change the language in place. */
export function nameFields(language: Language): [layer: string, field: ExpressionSpecification][] {
  return names(language).map((layer) => [layer.id, nameIn(language)]);
}
