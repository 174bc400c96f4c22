import type { Role } from "../../platform/auth.ts";

/**
 * Keys of the demo project that anybody can read here and in the README, so that its commands can be pasted. They are made
 * together with the demo data, never in production.
 */
export const demoKeys = {
  checkout: "demo-checkout-key-everybody-knows",
  pos: "demo-pos-key-everybody-knows",
  marketing: "demo-marketing-key-everybody-knows",
  erp: "demo-erp-key-everybody-knows",
} as const satisfies Partial<Record<Role, string>>;
