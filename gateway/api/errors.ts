import type { FastifyError, FastifyInstance } from 'fastify';
import { StoreFailure } from '../store/store.ts';

/** A refusal with a stable code and a message that says what to do. */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly code: string;
  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.statusCode = statusCode;
    this.code = code;
  }
}

const body = (code: string, message: string) => ({ error: { code, message } });

/** Every error leaves the API as an ApiError; what went wrong inside is logged and not told. */
export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | Refusal | StoreFailure, request, reply) => {
    if (error instanceof Refusal) return reply.status(error.statusCode).send(body(error.code, error.message));
    if (error instanceof StoreFailure) {
      request.log.error({ err: error }, 'storage failed');
      return reply
        .status(503)
        .send(body(error.code, 'the storage cannot be used at the moment: try again later'));
    }
    if ('validation' in error && error.validation)
      return reply.status(400).send(body('parameters-invalid', `${error.message}: see /api/docs`));
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500) return reply.status(status).send(body('request-invalid', error.message));
    request.log.error({ err: error }, 'request failed');
    return reply.status(500).send(body('internal', 'the gateway failed at this request: it has been logged'));
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .send(
        body('route-unknown', `there is no ${request.method} ${request.url.split('?')[0]}: see /api/docs`),
      ),
  );
}
