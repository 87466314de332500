/** Drawing an area, a line or a place on the map with terra-draw. */

import type { LineString, Point, Polygon } from "geojson";
import { TerraDraw, TerraDrawLineStringMode, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import type { MapController } from "./controller";

const COLOUR = "#4cc2ff";
const MODES = { Polygon: "polygon", LineString: "linestring", Point: "point" } as const;

const EDITABLE = { feature: { draggable: true, coordinates: { draggable: true, midpoints: true, deletable: true } } };

export type Drawn = Polygon | LineString | Point;
export type Shape = Drawn["type"];

export class DrawingTool {
  #draw: TerraDraw | null = null;

  constructor(readonly controller: MapController) {}

  /** Let the user draw one shape; `changed` hears of it when it is finished, and of every later edit. */
  start(shape: Shape, changed: (drawn: Drawn) => void): void {
    const draw = this.#started();
    draw.clear();
    draw.setMode(MODES[shape]);
    this.controller.drawing = true;
    this.controller.map.doubleClickZoom.disable();
    const tell = (id: string | number) => {
      const feature = draw.getSnapshotFeature(id);
      if (feature?.geometry.type === shape) changed(feature.geometry as Drawn);
    };
    draw.off("finish", this.#finish);
    this.#finish = (id) => {
      if (draw.getMode() !== "select") {
        draw.setMode("select");
        draw.selectFeature(id);
        this.controller.map.doubleClickZoom.enable();
      }
      tell(id);
    };
    draw.on("finish", this.#finish);
  }

  #finish: (id: string | number) => void = () => undefined;

  /** Stop drawing and take the area off the map. */
  clear(): void {
    this.controller.drawing = false;
    this.controller.map.doubleClickZoom.enable();
    if (this.#draw?.enabled) {
      this.#draw.clear();
      this.#draw.stop();
    }
  }

  #started(): TerraDraw {
    if (this.#draw === null) {
      this.#draw = new TerraDraw({
        adapter: new TerraDrawMapLibreGLAdapter({ map: this.controller.map, coordinatePrecision: 9 }),
        modes: [
          new TerraDrawPolygonMode({
            styles: {
              fillColor: COLOUR,
              fillOpacity: 0.14,
              outlineColor: COLOUR,
              outlineWidth: 2,
              closingPointColor: "#ffffff",
              closingPointOutlineColor: COLOUR,
              closingPointWidth: 5,
            },
          }),
          new TerraDrawLineStringMode({
            styles: {
              lineStringColor: COLOUR,
              lineStringWidth: 2.5,
              closingPointColor: "#ffffff",
              closingPointOutlineColor: COLOUR,
              closingPointWidth: 5,
            },
          }),
          new TerraDrawPointMode({
            styles: { pointColor: COLOUR, pointOutlineColor: "#ffffff", pointOutlineWidth: 2, pointWidth: 7 },
          }),
          new TerraDrawSelectMode({
            flags: { polygon: EDITABLE, linestring: EDITABLE, point: { feature: { draggable: true } } },
            styles: {
              selectedPolygonColor: COLOUR,
              selectedPolygonFillOpacity: 0.14,
              selectedPolygonOutlineColor: COLOUR,
              selectedPolygonOutlineWidth: 2,
              selectedLineStringColor: COLOUR,
              selectedLineStringWidth: 2.5,
              selectedPointColor: COLOUR,
              selectedPointOutlineColor: "#ffffff",
              selectedPointWidth: 7,
              selectionPointColor: "#ffffff",
              selectionPointOutlineColor: COLOUR,
              selectionPointWidth: 4,
              midPointColor: COLOUR,
              midPointOutlineColor: "#0b1219",
              midPointWidth: 3,
            },
          }),
        ],
      });
    }
    if (!this.#draw.enabled) this.#draw.start();
    return this.#draw;
  }
}
