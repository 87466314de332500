/** Commands to aircraft. Hold goes out at once; landing where it stands asks first. */

import { api } from "../api";
import type { Entity, VehicleCommand } from "../doors";
import { t } from "../i18n/language.svelte";
import { live, shortId } from "./live.svelte";
import { view } from "./view.svelte";
import { reason } from "./words";

class Confirmation {
  question = $state<string | null>(null);
  action = $state<string>("");
  #go: (() => void) | null = null;

  ask(question: string, action: string, go: () => void): void {
    this.question = question;
    this.action = action;
    this.#go = go;
  }

  answer(yes: boolean): void {
    const go = this.#go;
    this.question = null;
    this.#go = null;
    if (yes) go?.();
  }
}

export const confirmation = new Confirmation();

async function send(entity: Entity, command: VehicleCommand): Promise<void> {
  const name = shortId(entity.id);
  const said = t(`cmd.${command}`);
  try {
    await api.command(name, command);
    view.tell("info", t("cmd.sent", { name, command: said }));
  } catch (error) {
    view.tell("critical", t("cmd.failed", { name, command: said, reason: reason(error) }));
  }
}

/** Send a command to some aircraft, to each by itself: one that fails holds up no other. */
export function command(entities: readonly Entity[], what: VehicleCommand): void {
  const go = () => entities.forEach((entity) => void send(entity, what));
  if (what !== "land") {
    go();
    return;
  }
  const name = entities.length === 1 && entities[0] ? shortId(entities[0].id) : t("fleet.all");
  confirmation.ask(t("cmd.land_confirm", { name }), t("cmd.land"), go);
}

export function commandAll(what: VehicleCommand): void {
  command(live.of("vehicle"), what);
}
