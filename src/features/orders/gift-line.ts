/**
 * SQL that says whether a line of an ERP's order is a gift, which was given and not sold: nobody paid for it, the redemption of
 * that sale gives its SKU, and the redemption's cart had no such line. `line`: the line as jsonb; `redemption`: the name of that
 * row of `redemptions`, which may be of nulls: then nothing is a gift.
 */
export const isGiftLine = (line: string, redemption: string): string => `(
  coalesce((${line} ->> 'total')::bigint,
    (${line} ->> 'quantity')::bigint * (${line} ->> 'unitPrice')::bigint - coalesce((${line} ->> 'discount')::bigint, 0)) = 0
  and exists (select from json_array_elements(${redemption}.quote -> 'rewards') as gift
               where gift ->> 'kind' = 'gift'
                 and (gift ->> 'sku' = ${line} ->> 'sku' or (gift -> 'choices')::jsonb ? (${line} ->> 'sku')))
  and not exists (select from json_array_elements(${redemption}.request -> 'lines') as asked where asked ->> 'id' = ${line} ->> 'id'))`;
