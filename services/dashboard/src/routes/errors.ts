import { isMillraceError, toErrorRecord, type ErrorCode } from '@millrace/shared/core/errors';
import type { Logger } from '@millrace/shared/runtime/logger';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';

import type { ApiError } from '../api/session.ts';

/** Codes of errors of the server itself; those of millrace are in core/errors.ts. */
export type HttpCode =
  'unauthorized' | 'forbidden' | 'not_found' | 'too_many_requests' | 'request_invalid' | 'unavailable';

/** Where an error of millrace is not the server's own fault. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  run_not_found: 404,
  pipeline_not_found: 404,
  usage: 400,
  cancel_impossible: 409,
  retry_impossible: 409,
  run_not_ended: 409,
  data_pruned: 410,
  redis_unavailable: 503,
  bucket_unavailable: 503,
  destination_unavailable: 503,
};

export function refuse(
  reply: FastifyReply,
  status: number,
  code: HttpCode,
  message: string,
  hint: string | null = null,
): FastifyReply {
  const body: ApiError = { code, message, where: null, hint };
  return reply.code(status).send(body);
}

/** Errors of millrace go out as they are, for they are made for people; of others only that they happened. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (isMillraceError(error)) {
      const { code, message, where, hint } = toErrorRecord(error);
      const body: ApiError = { code, message, where, hint };
      return reply.code(STATUS[code] ?? 500).send(body);
    }
    const status = error.statusCode ?? 500;
    if (status === 429) return refuse(reply, 429, 'too_many_requests', error.message);
    if (status < 500) return refuse(reply, status, 'request_invalid', error.message);
    logger.error({ err: error, route: request.routeOptions.url }, 'a request failed');
    return refuse(reply, 500, 'unavailable', 'The dashboard could not answer.', 'Its log says why.');
  });
}
