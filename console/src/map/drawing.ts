/** Drawing an area on the map with terra-draw. */

import type { Polygon } from "geojson";
import { TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import type { MapController } from "./controller";

const COLOUR = "#4cc2ff";

export class AreaTool {
  #draw: TerraDraw | null = null;

  constructor(readonly controller: MapController) {}

  /** Let the user draw one polygon; `changed` hears of it when it is finished, and of every later edit. */
  start(changed: (area: Polygon) => void): void {
    const draw = this.#started();
    draw.clear();
    draw.setMode("polygon");
    this.controller.drawing = true;
    this.controller.map.doubleClickZoom.disable();
    const tell = (id: string | number) => {
      const feature = draw.getSnapshotFeature(id);
      if (feature?.geometry.type === "Polygon") changed(feature.geometry as Polygon);
    };
    draw.off("finish", this.#finish);
    this.#finish = (id) => {
      if (draw.getMode() === "polygon") {
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

  /** Keep the area in view, but let clicks pick things again. */
  rest(): void {
    this.controller.drawing = false;
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
          new TerraDrawSelectMode({
            flags: {
              polygon: { feature: { draggable: true, coordinates: { draggable: true, midpoints: true, deletable: true } } },
            },
            styles: {
              selectedPolygonColor: COLOUR,
              selectedPolygonFillOpacity: 0.14,
              selectedPolygonOutlineColor: COLOUR,
              selectedPolygonOutlineWidth: 2,
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
