export interface ReadyBanner {
  address: string;
  /** Only at the first start; nobody can read it again. */
  adminKey: string | undefined;
  isKeyChosenByOperator: boolean;
  isDocumented: boolean;
}

/** What whoever typed `npm start` reads when it is up. Goes to the terminal, never into a log: it may hold a key. */
export function readyBanner({ address, adminKey, isKeyChosenByOperator, isDocumented }: ReadyBanner): string {
  const isNewKey = adminKey !== undefined && !isKeyChosenByOperator;
  const key = isNewKey ? adminKey : "$DEALWRIGHT_KEY";
  return [
    "",
    `Dealwright is ready at ${address}`,
    `  API reference  ${address}/docs`,
    ...(isDocumented ? [`  GraphiQL       ${address}/graphiql`] : []),
    ...(isNewKey ? [`  Admin key      ${adminKey}   (shown this once: keep it)`] : []),
    "",
    `  curl -s ${address}/v1/project -H 'Authorization: Bearer ${key}'`.replace(
      "'Authorization: Bearer $DEALWRIGHT_KEY'",
      '"Authorization: Bearer $DEALWRIGHT_KEY"',
    ),
    "",
    "",
  ].join("\n");
}
