import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type PeriodCode, PeriodRefusal } from '../../domain/periods/refusal.ts';
import type { OrgCode } from '../../domain/refusals.ts';
import { type PeopleCode, PeopleRefusal } from '../../people/refusal.ts';
import { OrgRefusal, StoreFailure } from '../../store/failures.ts';

/** What the API refuses by itself; what stands behind it has codes of its own. */
export type BorderCode =
  | 'sign-in-required'
  | 'password-change-required'
  | 'origin-foreign'
  | 'base-path-missing'
  | 'route-unknown'
  | 'request-invalid'
  | 'parameters-invalid'
  | 'rate-limited'
  | 'upgrade-required'
  | 'upgrade-unknown'
  | 'walls-too-many'
  | 'exports-busy'
  | 'history-busy'
  | 'channel-withheld'
  | 'channel-period-invalid'
  | 'votes-withheld'
  | 'votes-too-fast'
  | 'storage-failed'
  | 'internal';
export type RefusalCode = BorderCode | PeopleCode | OrgCode | PeriodCode;

/** A refusal with a stable code and a message that says what to do. */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly code: RefusalCode;
  /** When it is worth trying again. */
  readonly retryAfterS: number | null;
  constructor(statusCode: number, code: RefusalCode, message: string, retryAfterS: number | null = null) {
    super(message);
    this.name = 'Refusal';
    this.statusCode = statusCode;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** What was asked is well formed and cannot be done: 422, where no other status says more. */
const PEOPLE_STATUS: Partial<Record<PeopleCode, number>> = {
  'credentials-wrong': 401,
  'token-wrong': 401,
  'sign-in-throttled': 429,
  'sign-in-busy': 503,
  'account-unknown': 404,
  'session-unknown': 404,
  'link-unknown': 404,
  'link-revoked': 409,
  'role-insufficient': 403,
  'unit-unknown': 404,
  'administrator-last': 409,
  'links-too-many': 409,
  'changes-too-many': 429,
};
const ORG_STATUS: Partial<Record<OrgCode, number>> = {
  'name-taken': 409,
  'id-taken': 409,
  'window-unknown': 404,
  'origin-unknown': 404,
  'unit-below-itself': 409,
  'place-same': 409,
  'name-same': 409,
  'time-zone-same': 409,
  'terminal-unknown': 404,
  'vote-unknown': 404,
  'publication-unknown': 404,
  'publication-withdrawn': 409,
  'publication-version-taken': 409,
  'publication-exists': 409,
  'publication-unsettled': 409,
  'period-withheld': 403,
  'publications-too-many': 409,
  'certificate-unknown': 404,
  'certificate-revoked': 409,
  'journal-unknown': 404,
  'journal-of-other-terminal': 409,
  'exclusion-unknown': 404,
  'exclusion-ended': 409,
  'review-unknown': 404,
  'review-step-impossible': 409,
  'review-person-same': 403,
  'reviews-too-many': 409,
  'commands-too-many': 409,
  'rule-version-taken': 409,
  'alert-unknown': 404,
  'alert-closed': 409,
  'preview-busy': 429,
  'alert-target-unknown': 404,
  'alert-targets-too-many': 409,
};

/** Refusals of the rooms behind the API, as the API says them. */
function refusalOf(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  if (error instanceof PeopleRefusal)
    return new Refusal(PEOPLE_STATUS[error.code] ?? 422, error.code, error.message, error.retryAfterS);
  if (error instanceof OrgRefusal)
    return new Refusal(ORG_STATUS[error.code] ?? 422, error.code, error.message);
  if (error instanceof PeriodRefusal) return new Refusal(422, error.code, error.message);
  return null;
}

export const MAX_BODY_BYTES = 64 * 1024;

/** What Fastify says of some of them tells nobody what to do. */
function requestFault({ statusCode, message }: FastifyError): string {
  if (statusCode === 413) return `the body has more than ${MAX_BODY_BYTES} bytes: send less at once`;
  return statusCode === 415 ? 'send the body as application/json: see /api/docs' : message;
}

const body = (code: string, message: string) => ({ error: { code, message } });

/** Requests that are not HTTP, too large or too slow: there is no route, and so no error handler, for them. */
export function refuseClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    const text = JSON.stringify(body('request-invalid', status.slice(4)));
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
    );
  }
  socket.destroySoon();
}

/** Addresses that cannot be decoded. */
export function refuseAddress(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  void reply.status(error.statusCode ?? 400).send(body('request-invalid', error.message));
}

/**
 * Every error leaves the API as an ApiError; what went wrong inside is logged and not told.
 * @param refused counts what is refused for a reason of ours, by code.
 */
export function registerErrors(app: FastifyInstance, refused: (code: string) => void): void {
  app.setErrorHandler((error: FastifyError | Refusal | StoreFailure, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal) {
      refused(refusal.code);
      if (refusal.retryAfterS !== null) reply.header('retry-after', refusal.retryAfterS);
      return reply.status(refusal.statusCode).send(body(refusal.code, refusal.message));
    }
    if (error instanceof StoreFailure) {
      request.log.error({ err: error }, 'storage failed');
      return reply
        .status(503)
        .send(body(error.code, 'the storage cannot be used at the moment: try again later'));
    }
    if ('validation' in error && error.validation)
      return reply.status(400).send(body('parameters-invalid', `${error.message}: see /api/docs`));
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500)
      return reply.status(status).send(body('request-invalid', requestFault(error as FastifyError)));
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
