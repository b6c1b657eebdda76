/** JSON bodies are taken as they are written: nothing in them is made into something else, and nothing in them is said twice. */
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Refusal } from './errors.ts';
import { faultOf } from './schema-faults.ts';

const utf8 = new TextDecoder('utf8', { fatal: true });

/** @throws Refusal `request-invalid` */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw invalid('the body is empty: send the JSON that /api/docs describes');
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalid('the body is not UTF-8: send JSON in UTF-8');
  }
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('the body is not JSON: see /api/docs');
  }
  const faulty = faultyName(text);
  if (faulty === '__proto__') throw invalid('the body has a field __proto__: leave it out');
  // RFC 8259, 4: what is meant is anybody's guess, and a proxy may have guessed otherwise.
  if (faulty !== null) throw invalid(`the body says ${JSON.stringify(faulty)} twice: leave one of them out`);
  return value;
}

const invalid = (message: string) => new Refusal(400, 'request-invalid', message);

/** A name that one object of valid JSON has twice, or `__proto__`; null: there is none. */
function faultyName(text: string): string | null {
  /** Of what is open: the names of an object, or null for an array. */
  const open: (Set<string> | null)[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      isName = character === '{';
      open.push(isName ? new Set() : null);
    } else if (character === '}' || character === ']') {
      open.pop();
      isName = false;
    } else if (character === ',') isName = (open.at(-1) ?? null) !== null;
    else if (character === '"') {
      const begin = at;
      while (text[++at] !== '"') if (text[at] === '\\') at++;
      if (!isName) continue;
      isName = false;
      const name = JSON.parse(text.slice(begin, at + 1)) as string;
      const names = open.at(-1) as Set<string>;
      if (name === '__proto__' || names.has(name)) return name;
      names.add(name);
    }
  }
  return null;
}

/**
 * Fastify's own check makes `null` a 0 or false, and "5" a 5: right for what stands in an address, where all is text. In a body a null
 * that turned a rule, or privacy, off would be a mistake that nobody is told of.
 */
export function registerJsonBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, readJson(body as Buffer));
    } catch (error) {
      done(error as Refusal);
    }
  });
  app.addHook('onRoute', (route) => {
    const schema = route.schema?.body as TSchema | undefined;
    if (schema === undefined) return;
    const compiled = Compile(schema);
    route.preValidation = [
      ...[route.preValidation ?? []].flat(),
      async ({ body }) => {
        if (compiled.Check(body)) return;
        const message = faultOf(compiled.Errors(body), 'body');
        throw new Refusal(400, 'parameters-invalid', `${message}: see /api/docs`);
      },
    ];
  });
}
