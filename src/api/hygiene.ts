/**
 * Refuses what no honest client sends and what no store should keep, wherever it stands in a body:
 * card numbers, NUL, broken Unicode, `__proto__`, nesting without end, and a member named twice.
 * One walk, before any schema, so that each has one behaviour. No answer repeats what was found.
 */
import type { FieldError } from './problems.ts';

export function findOddities(body: unknown): FieldError[] {
  return [...walk(body, [], 1)];
}

export type Path = readonly PropertyKey[];

// As names of fields are spelled. What stands where a name should may be an address or a secret.
const NAME = /^[A-Za-z_]{1,40}\d?$/;

/** `lines[0].quantity`; the body as a whole is `body`; what is no name of a field is `…`. */
export function fieldName(path: Path): string {
  const name = path.map(partName).join('');
  const bare = name.startsWith('.') ? name.slice(1) : name;
  return bare || 'body';
}

function partName(part: PropertyKey): string {
  if (typeof part === 'number') return `[${part}]`;
  return NAME.test(String(part)) ? `.${String(part)}` : '.…';
}

// An order's body has 3 levels. Ten leave room, and keep every recursion shallow.
const DEEPEST = 10;

function* walk(value: unknown, path: Path, depth: number): Generator<FieldError> {
  if (typeof value === 'string' || typeof value === 'number') {
    const detail = oddText(String(value), path.at(-1) === 'paymentMethod');
    if (detail !== undefined) yield { field: fieldName(path), detail };
  } else if (typeof value === 'object' && value !== null) {
    const detail = `Nested deeper than ${DEEPEST} levels.`;
    if (depth > DEEPEST) yield { field: fieldName(path.slice(0, 1)), detail };
    else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) yield* walk(item, [...path, index], depth + 1);
    } else yield* walkMembers(value, path, depth);
  }
}

function* walkMembers(value: object, path: Path, depth: number): Generator<FieldError> {
  for (const [name, member] of Object.entries(value)) {
    const detail = name === '__proto__' ? 'It may not be that.' : oddText(name, false);
    // The name itself is what must not be repeated, so the object that has it is named.
    if (detail === undefined) yield* walk(member, [...path, name], depth + 1);
    else yield { field: fieldName(path), detail: `The name of a member: ${detail}` };
  }
}

function oddText(text: string, isPaymentMethod: boolean): string | undefined {
  if (hasCardNumber(text)) return isPaymentMethod ? SEND_A_TOKEN : NO_CARD_NUMBERS;
  if (text.includes('\0')) return 'Must not contain the character NUL.';
  if (NOT_UNICODE.test(text)) return 'Must be valid Unicode.';
  return undefined;
}

const NO_CARD_NUMBERS = 'Looks like a card number. Card numbers are accepted in no field.';
const SEND_A_TOKEN =
  'Looks like a card number. Send the token that the payment gateway made of it, like pm_….';

// A lone surrogate; or U+FFFD, which is what bytes that are not UTF-8 have been read as.
const NOT_UNICODE = /[\p{Surrogate}\uFFFD]/u;

// Digits in groups, as cards print them: with spaces or dashes between, or with nothing.
const DIGIT_GROUPS = /\d+(?:[\s-]{1,2}\d+)*/g;

const SHORTEST_CARD_NUMBER = 13;
const LONGEST_CARD_NUMBER = 19;

/** 13 to 19 digits that pass Luhn: whole groups, so that a digit before or after hides nothing. */
export function hasCardNumber(text: string): boolean {
  for (const [run] of text.matchAll(DIGIT_GROUPS)) {
    const groups = run.match(/\d+/g) ?? [];
    for (let first = 0; first < groups.length; first++) {
      let digits = '';
      for (let next = first; next < groups.length; next++) {
        digits += groups[next] ?? '';
        if (digits.length > LONGEST_CARD_NUMBER) break;
        if (digits.length >= SHORTEST_CARD_NUMBER && passesLuhn(digits)) return true;
      }
    }
  }
  return false;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    const digit = Number(digits[digits.length - 1 - fromRight]);
    const weighed = fromRight % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}

// Strings whole, so that no brace or colon inside one is taken for structure.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/**
 * The first member name that stands twice in one object: parsers differ on which one counts. Reads
 * text that JSON.parse has accepted, so a colon always follows a name.
 */
export function repeatedMember(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let before = '';
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === ':') {
      const names = open.at(-1);
      const name = JSON.parse(before) as string;
      if (names?.has(name) === true) return name;
      names?.add(name);
    } else if (token === '}' || token === ']') open.pop();
    before = token;
  }
  return undefined;
}
