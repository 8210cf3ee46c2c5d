/** JSON texts of every kind that RFC 8259 allows, drawn at random. */

/** @typedef {import('./draw.mjs').Draw} Draw */
/** @typedef {import('./json-values.ts').JsonTree} JsonTree */

/** Characters of all planes, of one to four bytes, those that JSON or CSV give a meaning, and troublemakers. */
const MARKS = '"\\/,:;{}[]\'|\t\n\r';
const ALPHABETS = [
  'abcxyz',
  'abc XYZ019_-.',
  MARKS,
  'äß€ñ¿Ωжא中文한',
  '\u0000\u0001\u001f\u007f\u0080\u2028\u2029\ufeff\ufffd\uffff\u200d',
  ['😀', '𝒳', '𠀋', '\u{10ffff}', '\u{e0001}', '\u{f0000}', '🏳️‍🌈'],
];

/**
 * @param {Draw} draw
 * @param {number} maxLength in characters, or drawn parts of them
 */
export function randomString(draw, maxLength) {
  const length = draw.int(0, maxLength);
  const alphabet = draw.pick(ALPHABETS);
  const letters = typeof alphabet === 'string' ? [...alphabet] : alphabet;
  let text = '';
  for (let at = 0; at < length; at += 1) text += draw.chance(10) ? draw.pick([...MARKS]) : draw.pick(letters);
  return text;
}

/** @type {Readonly<Record<string, string>>} */
const SHORT = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * One of the many ways to write a string.
 * @param {Draw} draw
 * @param {string} string well-formed
 */
export function stringText(draw, string) {
  const style = draw.int(0, 3);
  if (style < 2) return JSON.stringify(string);
  let text = '"';
  for (const character of string)
    text += style === 2 && draw.chance(50) ? plain(character) : escaped(draw, character);
  return `${text}"`;
}

/** @param {string} character */
const plain = (character) => JSON.stringify(character).slice(1, -1);

/** @param {Draw} draw @param {string} character */
function escaped(draw, character) {
  const short = SHORT[character];
  if (short !== undefined && draw.chance(50)) return short;
  return Array.from({ length: character.length }, (_, unit) => {
    const hex = character.charCodeAt(unit).toString(16).padStart(4, '0');
    return `\\u${draw.chance(50) ? hex.toUpperCase() : hex}`;
  }).join('');
}

/**
 * A key, which hardly any program writes otherwise than plainly.
 * @param {Draw} draw
 * @param {string} key
 */
export function keyText(draw, key) {
  return draw.chance(3) ? stringText(draw, key) : JSON.stringify(key);
}

/**
 * One of the many ways to write `digits` × 10^`exponent`.
 * @param {Draw} draw
 * @param {bigint} digits
 * @param {number} exponent
 */
export function numberText(draw, digits, exponent) {
  const style = draw.int(0, 4);
  const sign = digits < 0n ? '-' : '';
  const figures = String(digits < 0n ? -digits : digits);
  if (style < 3 && exponent > -60 && exponent < 60) {
    const text = pointed(sign, figures, exponent);
    if (style === 0) return text;
    return text + (text.includes('.') ? '' : '.0') + '0'.repeat(draw.int(0, 3));
  }
  // The point may stand anywhere among the figures, the exponent makes up for it.
  const behind = draw.int(0, figures.length - 1);
  const mantissa = pointed(sign, figures, -behind);
  const power = exponent + behind;
  const sizes =
    power < 0
      ? `-${'0'.repeat(draw.int(0, 2))}${-power}`
      : `${draw.pick(['', '+'])}${draw.pick(['', '0'])}${power}`;
  return `${mantissa}${draw.pick(['e', 'E'])}${sizes}`;
}

/** @param {string} sign @param {string} figures @param {number} exponent */
function pointed(sign, figures, exponent) {
  if (exponent >= 0) return sign + (figures === '0' ? '0' : figures + '0'.repeat(exponent));
  const padded = figures.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/**
 * @param {Draw} draw
 * @param {number} depth
 * @returns {JsonTree}
 */
export function randomTree(draw, depth) {
  switch (draw.int(0, depth > 0 ? 7 : 5)) {
    case 0:
      return draw.pick(['null', 'true', 'false']);
    case 1:
      return String(draw.digits(draw.pick([1, 4, 16, 25])));
    case 2:
      return numberText(draw, draw.digits(17) - draw.digits(17), draw.int(-20, 20));
    case 3:
      return draw.pick(['-0', '0', '0.0', '-0.0e5', '1e400', '-1E+999', '1e-400', '9007199254740993', '0.1']);
    case 4:
    case 5:
      return stringText(draw, randomString(draw, draw.pick([3, 12, 60])));
    case 6:
      return draw.list(0, 4, () => randomTree(draw, depth - 1));
    default: {
      const keys = new Set(draw.list(0, 5, () => randomString(draw, 6)));
      return { members: [...keys].map((key) => [keyText(draw, key), randomTree(draw, depth - 1)]) };
    }
  }
}

/**
 * The text of a tree, with white space where JSON allows it.
 * @param {Draw} draw
 * @param {JsonTree} tree
 * @param {boolean} onOneLine
 */
export function writeTree(draw, tree, onOneLine) {
  const style = draw.int(0, onOneLine ? 2 : 3);
  const newline = draw.pick(['\n', '\r\n']);
  const wild = onOneLine ? ['', ' ', '\t', '  '] : ['', ' ', '\t', '\n', '\r\n', '\r', ' \n\n '];
  /** @param {number} depth */
  const gap = (depth) => {
    if (style === 0) return '';
    if (style === 1) return ' ';
    return style === 2 ? draw.pick(wild) : newline + '  '.repeat(depth);
  };
  /** @param {JsonTree} node @param {number} depth @returns {string} */
  const write = (node, depth) => {
    if (typeof node === 'string') return node;
    const [open, close] = Array.isArray(node) ? '[]' : '{}';
    const parts = Array.isArray(node)
      ? node.map((item) => write(item, depth + 1))
      : node.members.map(
          ([key, value]) =>
            `${key}${style === 2 ? gap(depth) : ''}:${gap(style === 3 ? 0 : depth)}${write(value, depth + 1)}`,
        );
    if (parts.length === 0) return `${open}${style === 2 ? gap(depth) : ''}${close}`;
    return `${open}${gap(depth + 1)}${parts.join(`${style === 2 ? gap(depth) : ''},${gap(depth + 1)}`)}${gap(depth)}${close}`;
  };
  return write(tree, 0);
}
