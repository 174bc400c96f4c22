/** Every stated limit of the engine in one place; the table in src/platform/README.md is checked against it. */
export const limits = {
  /** Minor units in a promotion's document. */
  amount: 1_000_000_000_000,
  linesPerCart: 500,
  shipmentsPerCart: 50,
  codesPerCart: 20,
  depositsPerCart: 20,
  draftsPerEvaluation: 200,
  cartsPerBatch: 100,
  skusPerCatalogRequest: 500,
  quantityPerLine: 1_000_000,
  hintsPerEvaluation: 10,
  /** Of promotions for which the cart is not worth enough, with `explain: near`: those that ask for the least. */
  thresholdsTold: 10,
  /** So many of them are asked whether they would apply. */
  thresholdsAsked: 200,
  storiesPerExplanation: 100,
  nameLength: 200,
  namesPerField: 100,
  namesPerSelector: 5_000,
  textLength: 2_000,
  codeLength: 100,
  expressionLength: 2_000,
  conditionDepth: 10,
  conditionLeaves: 100,
  benefitsPerPromotion: 10,
  tiersPerBenefit: 50,
  componentsPerBundle: 10,
  recurringWindows: 50,
  /** How far back amounts of past orders can be asked for. */
  orderWindowDays: 366,
  /** Up to so many discounted units among equal neighbours keep their exact places; beyond, they are taken side by side. */
  placedUnits: 1_000,
  /** What may be done to price one cart, see `work-budget.ts`. */
  operationsPerEvaluation: 800_000,
  /** What of it may go into what is beyond plain pricing: better plans, near misses, explanations, hints. */
  operationsForSearches: 300_000,
  /** What may be done to tell whether one customer is in one segment. */
  operationsPerCustomer: 10_000,
  /** Units that a promotion may sell, by SKU and store. */
  stocksPerPromotion: 1_000,
  /** Members of a group that buys together. */
  groupSize: 1_000,
  /** By conditions; of lists there may be any number. */
  segmentsPerProject: 200,
  /** In force at a time; of others there may be any number. */
  activeAutomationsPerProject: 100,
  actionsPerAutomation: 10,
  /** Kept, with their reports. */
  simulationsPerProject: 200,
  runningSimulationsPerProject: 2,
  ordersPerSimulation: 5_000_000,
} as const;
