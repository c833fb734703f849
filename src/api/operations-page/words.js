/** Money, ages and moments as somebody reads them who was asleep a minute ago. */
import { h } from './dom.js';

/** @import { Money } from './types.d.ts' */

/** `1,029.98 EUR`, with as many decimals as the currency has. */
export const money = (/** @type {Money} */ { value, currency }) =>
  `${grouped(decimal({ value, currency }))} ${currency}`;

/** `1029.98`: as it is typed. */
export function decimal(/** @type {Money} */ { value, currency }) {
  const digits = decimalsOf(currency);
  const text = value.padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return digits === 0 ? whole : `${whole}.${text.slice(-digits)}`;
}

/**
 * The minor units of what was typed, as `29.98`; undefined if that is no amount of this currency.
 * @param {string} text
 * @param {string} currency
 */
export function minorUnits(text, currency) {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim()) ?? [];
  const digits = decimalsOf(currency);
  if (whole === undefined || fraction.length > digits) return undefined;
  return BigInt(whole + fraction.padEnd(digits, '0')).toString();
}

/** @param {string} currency */
export function decimalsOf(currency) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.resolvedOptions().maximumFractionDigits ?? 0;
}

/** @param {string} text */
function grouped(text) {
  const [whole = '', fraction] = text.split('.');
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

/** @param {readonly Money[]} amounts */
export function amounts(amounts) {
  return amounts.length === 0 ? 'none' : amounts.map(money).join(' + ');
}

/**
 * @param {number} n
 * @param {string} one
 */
export function count(n, one) {
  return `${n.toLocaleString('en')} ${n === 1 ? one : `${one}s`}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `42 s`, `12 min`, `2 h 13 min`, `3 days 4 h`. */
export function ageInWords(/** @type {number} */ ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) {
    return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  }
  return `${count(Math.floor(seconds / DAY), 'day')} ${Math.floor((seconds % DAY) / HOUR)} h`;
}

/** How long ago, with the moment itself in its title. */
export function age(/** @type {string} */ at) {
  const title = `${localTime(at)} here, ${utc(at)}`;
  return h('time', { datetime: at, title }, ageInWords(Date.now() - Date.parse(at)));
}

/** The moment where the reader is, with UTC in its title. */
export function moment(/** @type {string} */ at) {
  return h('time', { datetime: at, title: utc(at) }, localTime(at));
}

/** The same within a day that is named elsewhere, to the millisecond. */
export function timeOfDay(/** @type {string} */ at) {
  const ms = at.slice(20, 23);
  return h('time', { datetime: at, title: utc(at) }, clock(at), h('small', {}, `.${ms}`));
}

export function day(/** @type {string} */ at) {
  return new Date(at).toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
}

/** @param {string | number} at */
export function clock(at) {
  return new Date(at).toLocaleTimeString('en-GB');
}

function localTime(/** @type {string} */ at) {
  if (day(at) === day(new Date().toISOString())) return clock(at);
  const date = new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${date}, ${clock(at)}`;
}

function utc(/** @type {string} */ at) {
  return `${at.replace('T', ' ').replace('Z', '')} UTC`;
}

/**
 * @param {string | null | undefined} step
 * @param {'do' | 'undo' | null | undefined} direction
 */
export function stepName(step, direction) {
  if (step === undefined || step === null) return 'the run cannot go on';
  return direction === 'undo' ? `the undo of ${step}` : step;
}
