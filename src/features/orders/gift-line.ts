/**
 * SQL that says whether a line of an ERP's order is a gift: nobody paid for it, its redemption gives the SKU, and no cart had it.
 * Such a line was given, not sold. `line`: the line as jsonb; `redemption`: the order's row of `redemptions`, or one of nulls.
 */
export const isGiftLine = (line: string, redemption: string): string => `(
  coalesce((${line} ->> 'total')::bigint,
    (${line} ->> 'quantity')::bigint * (${line} ->> 'unitPrice')::bigint - coalesce((${line} ->> 'discount')::bigint, 0)) = 0
  and exists (select from json_array_elements(${redemption}.quote -> 'rewards') as gift
               where gift ->> 'kind' = 'gift'
                 and (gift ->> 'sku' = ${line} ->> 'sku' or (gift -> 'choices')::jsonb ? (${line} ->> 'sku')))
  and not exists (select from json_array_elements(${redemption}.request -> 'lines') as asked where asked ->> 'id' = ${line} ->> 'id'))`;
