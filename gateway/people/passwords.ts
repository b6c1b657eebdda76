/**
 * Slow hashes of passwords: scrypt as OWASP's Password Storage Cheat Sheet asks for it. One takes 128 MiB and some half a
 * second, so few run at once and few may wait: else guessing would be a way to fill the memory.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { normalizePassword } from './password-rules.ts';
import { PeopleRefusal } from './refusal.ts';

/** The cost that new hashes get: N = 2^costLog2. Old ones keep theirs until their owner signs in. */
const COST = { costLog2: 17, blockSize: 8, parallel: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const AT_ONCE = 2;
const MAX_WAITING = 16;

type Parameters = { costLog2: number; blockSize: number; parallel: number };

export type Passwords = {
  /** @throws PeopleRefusal `sign-in-busy`. */
  hash(password: string): Promise<string>;
  /** `stale`: it is right, but its hash is cheaper than new ones are. @throws PeopleRefusal `sign-in-busy`. */
  verify(password: string, hash: string): Promise<'right' | 'stale' | 'wrong'>;
  /** Takes as long as a wrong password does. */
  pretend(password: string): Promise<'wrong'>;
};

export function createPasswords(cost: Parameters = COST): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];

  /** One of few at once, in turn. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MAX_WAITING)
        throw new PeopleRefusal('sign-in-busy', 'too many are signing in: try again in a moment', 2);
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      // The place goes to the next in the queue, if there is one.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };

  const derive = (password: string, salt: Buffer, parameters: Parameters) =>
    inTurn(() => deriveKey(normalizePassword(password), salt, parameters));

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const key = await derive(password, salt, cost);
      const { costLog2, blockSize, parallel } = cost;
      const parts = [costLog2, blockSize, parallel, salt.toString('base64url'), key.toString('base64url')];
      return `scrypt$${parts.join('$')}`;
    },
    async verify(password, hash) {
      const { parameters, salt, key } = parse(hash);
      const found = await derive(password, salt, parameters);
      if (!timingSafeEqual(found, key)) return 'wrong';
      return parameters.costLog2 < cost.costLog2 ? 'stale' : 'right';
    },
    async pretend(password) {
      await derive(password, randomBytes(SALT_BYTES), cost);
      return 'wrong';
    },
  };
}

function deriveKey(
  password: string,
  salt: Buffer,
  { costLog2, blockSize, parallel }: Parameters,
): Promise<Buffer> {
  const N = 2 ** costLog2;
  const options: ScryptOptions = { N, r: blockSize, p: parallel, maxmem: 2 * 128 * N * blockSize };
  return new Promise((resolve, reject) =>
    scrypt(password, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key))),
  );
}

function parse(hash: string): { parameters: Parameters; salt: Buffer; key: Buffer } {
  const [kind, costLog2, blockSize, parallel, salt, key] = hash.split('$');
  if (kind !== 'scrypt' || salt === undefined || key === undefined)
    throw new Error('a stored password hash is of no kind this gateway knows');
  return {
    parameters: { costLog2: Number(costLog2), blockSize: Number(blockSize), parallel: Number(parallel) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}
