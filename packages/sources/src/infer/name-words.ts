/** The words of a column's name in lower case: `unitPrice`, `Unit Price` and `unit_price` have the same. */
export function nameWords(name: string): string[] {
  return name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map(singular);
}

/** Prices and taxes are known by one of them; words that only look like a plural are cut alike in lists and names. */
function singular(word: string): string {
  if (word.length > 4 && /(ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return word.length > 3 && /[^su]s$/.test(word) ? word.slice(0, -1) : word;
}

/** Of words in a column's name, those that say what its numbers are. */
const MONEY = words(
  'price cost amount revenue gross budget fee fees salary wage balance payment paid subtotal refund refunds spend income profit turnover betrag preis saldo',
);
/** Money only when the numbers have cents: these words count things as well. */
const PERHAPS_MONEY = words('total sales tax vat discount shipping net tip value sum debit credit');
const NO_MONEY = words(
  'rate ratio percent pct percentage share count quantity qty items number num id code type status currency cents minor date at time year by method name',
);
const TIME = words(
  'at on time timestamp ts date datetime created updated modified deleted expires expiry since until start started end ended seen login epoch when published received sent',
);
const CODE = words(
  'zip zipcode postcode postal plz phone telephone tel mobile fax iban bic ean upc gtin isbn sku barcode ssn',
);
const IDENTIFIER = words('id key uuid guid sha oid');

export function saysMoney(name: string): 'yes' | 'perhaps' | 'no' {
  const found = nameWords(name);
  if (found.some((word) => NO_MONEY.has(word))) return 'no';
  if (found.some((word) => MONEY.has(word))) return 'yes';
  return found.some((word) => PERHAPS_MONEY.has(word)) ? 'perhaps' : 'no';
}

export function saysTime(name: string): boolean {
  return nameWords(name).some((word) => TIME.has(word));
}

/** Digits that nobody calculates with, and whose leading zeros matter. */
export function saysCode(name: string): boolean {
  return nameWords(name).some((word) => CODE.has(word));
}

/** By its last word: `order_id`, `InvoiceId`, `id`. */
export function saysIdentifier(name: string): boolean {
  return IDENTIFIER.has(nameWords(name).at(-1) ?? '');
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' ').map(singular));
}
