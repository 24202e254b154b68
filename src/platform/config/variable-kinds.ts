import { isIP } from 'node:net';
import { z } from 'zod';
import { isDistinguishedName } from './distinguished-name.js';

/** What `dovecote config` and the operations guide say about a variable. */
export interface Documentation {
  readonly meaning: string;
  /** Completes the sentence "NAME must …" that a bad value is answered with. */
  readonly must: string;
  /** The default in words, where it is not a constant. */
  readonly fallback?: string;
  readonly secret?: boolean;
}

export const documentation = z.registry<Documentation>();

export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

export const list = z
  .string()
  .transform((text) => text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()])));

export const url = (...schemes: string[]) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)));

/** A list of distinguished names, which contain commas themselves. */
export const names = z
  .string()
  .transform((text) => text.split(';').flatMap((item) => (item.trim() === '' ? [] : [item.trim()])))
  .pipe(z.array(z.string().refine(isDistinguishedName)));

/** Segments of a path, without slashes around. */
export const ingestPath = z.string().regex(/^[\w-]{1,64}(?:\/[\w-]{1,64}){0,3}$/);

export const origin = z
  .string()
  .refine((text) => text === '*' || /^https?:\/\/[a-z0-9.-]+(:(\d{1,5}|\*))?$/i.test(text))
  .refine((text) => text === '*' || URL.canParse(text.replace(/:\*$/, '')));

/**
 * A wildcard port is allowed for localhost only: on another host, another port may belong to another party.
 */
export const passkeyOrigin = z
  .string()
  .regex(/^(https?:\/\/[a-z0-9.-]+(:\d{1,5})?|http:\/\/localhost:\*|(android|ios):[\w.:=+/-]{1,200})$/)
  .refine((text) => !text.startsWith('http') || text.endsWith(':*') || isAsBrowsersSay(text));

/** Compared as text with what browsers send, which leave the usual port out. */
function isAsBrowsersSay(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

export const network = z.string().refine((text) => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  const isPrefix =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
  return family !== 0 && isPrefix && rest.length === 0;
});

/** What node:dns takes, without its exceptions. */
export const nameServer = z.string().refine((text) => {
  if (isIP(text) !== 0) return true;
  const [, v6, v4 = '', port] = /^(?:\[(.*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isAddress = v6 === undefined ? isIP(v4) === 4 : isIP(v6) === 6;
  return isAddress && (port === undefined || (Number(port) > 0 && Number(port) <= 65535));
});

export const base64Key = z
  .string()
  .refine((text) => /^[A-Za-z0-9+/_-]{43}=?$/.test(text) && Buffer.from(text, 'base64').length === 32);
