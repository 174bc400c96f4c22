/**
 * What a batch writes is planned to find its rows by their places alone. A plan is made once for each connection, maybe while a
 * table was empty: it would then go through all rows of the project for every batch, as soon as there are some. Loading
 * switches this on and writing off again, for whatever else is planned in the transaction.
 */
export const planByPlace =
  "set_config('enable_indexscan', 'off', true), set_config('enable_bitmapscan', 'off', true)";
export const planByIndex =
  "set_config('enable_indexscan', 'on', true), set_config('enable_bitmapscan', 'on', true)";
