/** Reading an entity's properties, which come from outside and may be anything. */

import type { Entity } from "../doors";

type From = Pick<Entity, "properties">;

export function text(entity: From, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = entity.properties?.[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

export function number(entity: From, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = entity.properties?.[name];
    if (typeof value === "number" && Number.isFinite(value)) return value;
  }
  return undefined;
}

export function flag(entity: From, name: string): boolean | undefined {
  const value = entity.properties?.[name];
  return typeof value === "boolean" ? value : undefined;
}

export function texts(entity: From, name: string): string[] {
  const value = entity.properties?.[name];
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === "string") : [];
}
