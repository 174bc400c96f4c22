let count = 0;

/** A promotion document with a key of its own: ten percent off everything unless said otherwise. */
export function documentOf(changes: object = {}) {
  count += 1;
  return {
    key: `promotion-${count}`,
    trigger: { type: "automatic" },
    benefits: [{ kind: "percent_off", target: "item", percent: 10, basis: "running", pick: "dearest" }],
    ...changes,
  };
}

export const promotionFields = `
  id key name campaign tags priority visibility funder status version createdAt updatedAt killedAt explanation
  schedule { startsAt endsAt timezone recurring { weekdays from to } }
  trigger conditions benefits
  stacking { group exclusive excludes { promotions groups tags } }
  limits { total perCustomer perPeriod { count period per } }
  budget { amount atEdge }
  returns restoreUseOnReturn texts
`;
