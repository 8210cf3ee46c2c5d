import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';

import type { Role } from '../api/session.ts';
import type { DashboardTools } from '../tools.ts';
import { refuse } from './errors.ts';

const BOARD_PATH = '/queues';

/** Each role has a board of its own behind the one address; which, is decided before routing. */
const PATHS: Readonly<Record<Role, string>> = { operator: '/.board/operator', viewer: '/.board/viewer' };

/**
 * Its page has styles in its elements and a `<base>`, as other pages here must not. Fonts that it would load from outside are
 * taken out of it: nothing here is asked of other machines.
 */
const BOARD_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";
const OUTSIDE_LINK = /<link[^>]+href="https?:[^>]*>/g;

/** The path at which the board of this role really is, or null for a path that is none of the board's. */
export function boardPath(url: string, role: Role): string | null {
  if (url !== BOARD_PATH && !url.startsWith(`${BOARD_PATH}/`) && !url.startsWith(`${BOARD_PATH}?`))
    return null;
  return `${PATHS[role]}${url.slice(BOARD_PATH.length)}`;
}

/** bull-board, in which viewers can change nothing. */
export async function addBoards(app: FastifyInstance, { queues, redis }: DashboardTools): Promise<void> {
  for (const role of ['operator', 'viewer'] as const) {
    const adapter = new FastifyAdapter();
    adapter.setBasePath(BOARD_PATH);
    createBullBoard({
      queues: [...queues.queues.values()].map(
        (queue) => new BullMQAdapter(queue, { readOnlyMode: role === 'viewer' }),
      ),
      serverAdapter: adapter,
      options: { uiConfig: { boardTitle: 'millrace queues' } },
    });
    await app.register(
      async (board) => {
        board.addHook('onRoute', (route) => {
          route.config = { ...route.config, hasNoToken: true };
        });
        board.addHook('onRequest', async (_request, reply) => {
          // Without Redis its questions would wait for ever.
          if (redis.status !== 'ready')
            return refuse(reply, 503, 'unavailable', 'Redis does not answer.', 'Start it, or wait.');
          void reply.header('content-security-policy', BOARD_POLICY);
        });
        board.addHook('onSend', async (_request, reply, payload: unknown) => {
          const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
          return isPage && typeof payload === 'string' ? payload.replaceAll(OUTSIDE_LINK, '') : payload;
        });
        await board.register(adapter.registerPlugin());
      },
      { prefix: PATHS[role] },
    );
  }
}
