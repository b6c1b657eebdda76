/** A refusal as the description has it: its status, and its code. */
import type { RefusalCode } from '../border/errors.ts';

export const MEANINGS = {
  400: 'What was asked is not well formed',
  401: 'Nobody is signed in, or what was shown is not good (any more)',
  403: 'Whoever asks may not',
  404: 'There is no such thing, for whoever asks',
  408: 'The request came too slowly',
  409: 'It stands against what is there',
  413: 'The body is too large',
  414: 'A part of the address is too long',
  415: 'The body is not JSON',
  422: 'What was asked is well formed and cannot be done',
  426: 'This is a WebSocket',
  429: 'Too much in a row: try again later',
  431: 'Address and headers are too long',
  500: 'The gateway failed; it has been logged',
  503: 'Not at the moment: try again later',
} as const;
export type RefusedStatus = keyof typeof MEANINGS;

/** Why the database cannot be read or written. */
type StorageCode =
  | 'storage-failed'
  | 'storage-full'
  | 'storage-io'
  | 'storage-busy'
  | 'storage-read-only'
  | 'storage-damaged'
  | 'audit-key-missing';

export type Refused = { status: RefusedStatus; code: RefusalCode | StorageCode };

export const refused = (status: RefusedStatus, code: Refused['code']): Refused => ({ status, code });
