/** The components of all groups of the item stage, each with its bound. */
import { Relaxation } from "./bound.ts";
import { type Component, type Lines, modelGroup, replayed } from "./component.ts";
import type { MachineOffer, Offer } from "./offer.ts";
import type { Work } from "./work.ts";

/** By exclusivity group. */
export function byGroup(offers: readonly Offer[]): ReadonlyMap<string, readonly Offer[]> {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const ofGroup = groups.get(offer.group);
    if (ofGroup === undefined) groups.set(offer.group, [offer]);
    else ofGroup.push(offer);
  }
  return groups;
}

export interface Part {
  readonly component: Component;
  /** Null where nobody but promotions that take units one by one wants the goods. */
  readonly relaxation: Relaxation | null;
}

export interface StageModel {
  readonly parts: readonly Part[];
  readonly lumps: number;
}

/** Null: too large to be modelled. */
export function modelAll(
  groups: ReadonlyMap<string, readonly Offer[]>,
  lines: Lines,
  work: Work,
): StageModel | null {
  const parts: Part[] = [];
  let lumps = 0;
  for (const ofGroup of groups.values()) {
    const model = modelGroup(ofGroup, lines);
    if (model === null) return null;
    lumps += model.lumps;
    for (const component of model.components)
      parts.push({
        component,
        relaxation: component.players.length === 0 ? null : new Relaxation(component, work),
      });
  }
  return { parts, lumps };
}

/** Where some offers' automata remember more (`replayed`). Null: one would be too large. */
export function modelAgain(
  parts: readonly Part[],
  again: (offer: MachineOffer) => MachineOffer,
  work: Work,
): readonly Part[] | null {
  const next: Part[] = [];
  for (const part of parts) {
    if (part.component.players.every(({ offer }) => again(offer) === offer)) {
      next.push(part);
      continue;
    }
    const component = replayed(part.component, again);
    if (component === null) return null;
    next.push({ component, relaxation: new Relaxation(component, work, part.relaxation!) });
  }
  return next;
}
