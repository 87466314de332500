/** Loads the district's heights for geometry: altitude lines, footprints, video on the ground. */

import { address } from "../api";
import type { TerrainTiles } from "../doors";
import { HeightGrid, tilesOver } from "../geometry/ground";

const MOST_TILES = 64;

/** Heights of the whole district at the finest zoom that takes at most 64 tiles. */
export async function loadHeights(terrain: TerrainTiles): Promise<HeightGrid> {
  let zoom = terrain.maxzoom;
  let block = tilesOver(terrain.bounds, zoom);
  while (zoom > terrain.minzoom && block.columns * block.rows > MOST_TILES) {
    zoom -= 1;
    block = tilesOver(terrain.bounds, zoom);
  }
  const grid = new HeightGrid(zoom, block.left, block.top, block.columns, block.rows);
  const wanted: Promise<void>[] = [];
  for (let x = block.left; x < block.left + block.columns; x += 1) {
    for (let y = block.top; y < block.top + block.rows; y += 1) wanted.push(loadTile(grid, zoom, x, y));
  }
  await Promise.all(wanted);
  return grid;
}

async function loadTile(grid: HeightGrid, zoom: number, x: number, y: number): Promise<void> {
  const response = await fetch(address(`district/terrain/${zoom}/${x}/${y}.png`), { credentials: "same-origin" });
  if (!response.ok || response.status === 204) return;
  const image = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const canvas = new OffscreenCanvas(grid.tile_px, grid.tile_px);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return;
  context.drawImage(image, 0, 0, grid.tile_px, grid.tile_px);
  grid.put(x, y, context.getImageData(0, 0, grid.tile_px, grid.tile_px).data);
  image.close();
}
