export interface ReadyBanner {
  address: string;
  /** Only at the first start; nobody can read it again. */
  adminKey: string | undefined;
  isKeyChosenByOperator: boolean;
  isDocumented: boolean;
  /** A cart to try, and a key that may. */
  demo: { key: string; cart: object } | undefined;
}

/** What whoever typed `npm start` reads when it is up. Goes to the terminal, never into a log: it may hold a key. */
export function readyBanner(banner: ReadyBanner): string {
  const { address, adminKey, isKeyChosenByOperator, isDocumented } = banner;
  const isNewKey = adminKey !== undefined && !isKeyChosenByOperator;
  return [
    "",
    `Dealwright is ready at ${address}`,
    `  Console        ${address}/console/`,
    `  API reference  ${address}/docs`,
    ...(isDocumented ? [`  GraphiQL       ${address}/graphiql`] : []),
    ...(isNewKey ? [`  Admin key      ${adminKey}   (shown this once: keep it)`] : []),
    "",
    ...firstCommand(banner, isNewKey ? adminKey : undefined),
    "",
    "",
  ].join("\n");
}

function firstCommand({ address, demo }: ReadyBanner, key: string | undefined): string[] {
  if (demo !== undefined) {
    return [
      "Price a cart of the demo shop:",
      "",
      `  curl -s ${address}/v1/evaluations -H 'Authorization: Bearer ${demo.key}' -H 'Content-Type: application/json' -d '${JSON.stringify(demo.cart)}'`,
    ];
  }
  const authorization =
    key === undefined ? '"Authorization: Bearer $DEALWRIGHT_KEY"' : `'Authorization: Bearer ${key}'`;
  return [`  curl -s ${address}/v1/project -H ${authorization}`];
}
