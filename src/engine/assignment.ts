/**
 * Who is in which arm of an experiment, and who is held out of a campaign. It follows from the customer and the name of what splits
 * them, and from nothing else: the same on every channel, at every instant, whatever other promotions there are.
 *
 * The point of a customer is MurmurHash3 (x86, 32 bits, seed 0; Austin Appleby, public domain) of the UTF-8 bytes of
 * `experiment:<name>:<customer id>`, or `holdout:<campaign>:<customer id>`, as percent of 2^32. So two experiments split
 * independently of each other, and anybody can work out the arms without us.
 */
import { z } from "zod";
import type { Facts } from "./facts.ts";
import { limits } from "./limits.ts";
import type { PromotionDocument } from "./promotion.ts";
import type { Rejection } from "./situation.ts";

const name = z.string().min(1).max(limits.nameLength);
const percent = z.number().min(0).max(100);

export const variantSchema = z
  .strictObject({
    experiment: name.describe("Promotions that name the same one split customers by the same points."),
    name: name.describe("Of the arm: promotions with the same name and range belong to one."),
    from: percent.describe("Where its part of the customers begins, in percent."),
    to: percent.describe(
      "Where it ends, in percent. Widening a part moves nobody out of it; what no arm takes is the control, which gets none.",
    ),
  })
  .meta({
    id: "Variant",
    description:
      "An arm of an experiment: it applies to customers whose point, a hash of their id and the experiment's name, lies in its part. To nobody without a customer id.",
  });

/** In whose arm a customer is, of one promotion. */
export interface Arm {
  readonly kind: "campaign" | "experiment";
  /** Of the campaign or experiment. */
  readonly name: string;
  /** `holdout` or `treatment` of a campaign; of an experiment the variant's name, or `control`. */
  readonly arm: string;
}

/** Between 0 and 100, below 100. */
export function pointOf(kind: "experiment" | "holdout" | "sample", of: string, customerId: string): number {
  return murmur3(`${kind}:${of}:${customerId}`) * (100 / 2 ** 32);
}

type Split = Pick<PromotionDocument, "campaign" | "variant">;
export type Variant = z.output<typeof variantSchema>;
/** All variants of each experiment, by its name. */
export type Experiments = ReadonlyMap<string, readonly Variant[]>;

/** `resting`: arms whose promotions are out of force. Their customers get nothing, and stay in their arm all the same. */
export function experimentsOf(promotions: readonly Split[], resting: readonly Variant[] = []): Experiments {
  const experiments = new Map<string, Variant[]>();
  for (const variant of [...promotions.map((promotion) => promotion.variant), ...resting]) {
    if (variant === undefined) continue;
    const others = experiments.get(variant.experiment);
    if (others === undefined) experiments.set(variant.experiment, [variant]);
    else others.push(variant);
  }
  return experiments;
}

/** Null: it is for this customer, as far as experiments and holdouts go. */
export function whyApart(
  { campaign, variant }: Split,
  { holdouts }: Pick<Facts, "holdouts">,
  customerId: string | undefined,
): Rejection | null {
  if (holdouts !== undefined && campaign !== undefined && isHeldOut(campaign, holdouts, customerId))
    return { reason: "held_out" };
  if (variant === undefined) return null;
  if (customerId === undefined) return { reason: "customer_required", path: "customer.id" };
  return isIn(variant, pointOf("experiment", variant.experiment, customerId))
    ? null
    : { reason: "other_variant" };
}

export type CampaignArm = "holdout" | "treatment";

/** Null: the campaign holds nobody out. `percent`: of the customers it does. */
export function campaignArm(
  campaign: string,
  percent: number | undefined,
  customerId: string,
): CampaignArm | null {
  if (percent === undefined) return null;
  return pointOf("holdout", campaign, customerId) < percent ? "holdout" : "treatment";
}

/** Whoever is not known is held out of nothing: nobody could be told apart later. */
function isHeldOut(
  campaign: string,
  holdouts: NonNullable<Facts["holdouts"]>,
  customerId: string | undefined,
): boolean {
  return customerId !== undefined && campaignArm(campaign, holdouts.get(campaign), customerId) === "holdout";
}

/** No customer gets both. */
export function neverMeet(a: Split, b: Split): boolean {
  if (a.variant === undefined || b.variant === undefined) return false;
  if (a.variant.experiment !== b.variant.experiment) return false;
  return a.variant.to <= b.variant.from || b.variant.to <= a.variant.from;
}

/** The name of the variant in whose part the customer is, or `control`. */
export function variantArm(experiment: string, variants: readonly Variant[], customerId: string): string {
  const point = pointOf("experiment", experiment, customerId);
  return variants.find((variant) => isIn(variant, point))?.name ?? "control";
}

/**
 * The arms a customer is in, of all that splits these promotions, each once. Which arm of an experiment follows from all of its
 * variants: a cart may meet that of another arm alone, where they are on different goods.
 */
export function armsOf(
  promotions: readonly Split[],
  experiments: Experiments,
  { holdouts }: Pick<Facts, "holdouts">,
  customerId: string,
): Arm[] {
  const arms = new Map<string, Arm>();
  for (const { campaign, variant } of promotions) {
    const ofCampaign =
      campaign === undefined ? null : campaignArm(campaign, holdouts?.get(campaign), customerId);
    if (ofCampaign !== null)
      arms.set(`campaign:${campaign}`, { kind: "campaign", name: campaign!, arm: ofCampaign });
    if (variant === undefined) continue;
    const { experiment } = variant;
    const id = `experiment:${experiment}`;
    if (arms.has(id)) continue;
    const arm = variantArm(experiment, experiments.get(experiment) ?? [variant], customerId);
    arms.set(id, { kind: "experiment", name: experiment, arm });
  }
  return [...arms.values()];
}

function isIn({ from, to }: { from: number; to: number }, point: number): boolean {
  return point >= from && point < to;
}

const utf8 = new TextEncoder();

function murmur3(text: string): number {
  const bytes = utf8.encode(text);
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let i = 0; i < whole; i += 4) {
    hash ^= mixed(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = bytes.length - 1; i >= whole; i--) rest = (rest << 8) | bytes[i]!;
  if (whole < bytes.length) hash ^= mixed(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(block: number): number {
  const spread = Math.imul(block, 0xcc9e2d51);
  return Math.imul((spread << 15) | (spread >>> 17), 0x1b873593);
}
