import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import serveFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';

import { refuse } from './errors.ts';

/** Beside this file as it is built. */
const WEB = fileURLToPath(new URL('../web/', import.meta.url));

/** The files of the page; at an address that is none of them and looks like one of its own, the page itself. */
export async function addPageRoutes(app: FastifyInstance, folder = WEB): Promise<void> {
  const isBuilt = existsSync(folder);
  if (isBuilt) await serveFolder(app, folder);
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !NO_PAGE.test(request.url.split('?')[0] ?? '');
    if (!isPage) return refuse(reply, 404, 'not_found', 'There is nothing at this address.');
    if (isBuilt) return reply.type('text/html; charset=utf-8').sendFile('index.html');
    return refuse(
      reply,
      503,
      'unavailable',
      'The page of the dashboard was not built.',
      'Run `npm run build`.',
    );
  });
}

/** Paths that the page itself does not have, where it would hide that something is missing. */
const NO_PAGE = /^\/(api|queues)(\/|$)|\.\w+$/;

async function serveFolder(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(serveFiles, {
    root: folder,
    wildcard: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Their names change with their content.
      const isNamedByContent = path.includes('/assets/');
      void reply.header(
        'cache-control',
        isNamedByContent ? 'private, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
}
