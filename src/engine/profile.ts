import type { Cart } from "./cart.ts";
import type { CustomerProfile, Facts } from "./facts.ts";

/** The cart with what is stored of its customer: groups and tags add up, and of an attribute the cart's own value holds. */
export function withProfile(cart: Cart, { profile }: Facts): Cart {
  const { customer } = cart;
  if (profile === undefined || customer === undefined) return cart;
  const { groups, tags, attributes }: CustomerProfile = profile;
  return {
    ...cart,
    customer: {
      ...customer,
      groups: union(groups, customer.groups),
      tags: union(tags, customer.tags),
      attributes: { ...attributes, ...customer.attributes },
    },
  };
}

function union(stored: readonly string[] = [], said: readonly string[] = []): string[] {
  return [...new Set([...stored, ...said])];
}

/** Consents of a customer as they are stored, by purpose. */
export type StoredConsents = Readonly<Record<string, { readonly granted: boolean }>>;

/** As conditions ask for them. */
export function grantedOf(consents: StoredConsents | null | undefined): Record<string, boolean> {
  return Object.fromEntries(
    Object.entries(consents ?? {}).map(([purpose, { granted }]) => [purpose, granted]),
  );
}
