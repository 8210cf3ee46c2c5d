import { z } from '@millrace/shared/npm/zod';
import { listDeployed } from '@millrace/shared/runtime/schedules';
import type { FastifyInstance } from 'fastify';

import type { TableDetail, TablesPage } from '../api/table.ts';
import { readTable, readTables } from '../read-tables.ts';
import type { DashboardTools } from '../tools.ts';
import { limit, parse, pipelineName } from './input.ts';

const tableParams = z.object({ pipeline: pipelineName, table: z.string().min(1).max(500) });
const tableQuery = z.object({ limit: limit(100, 1000) });

export function addTableRoutes(app: FastifyInstance, tools: DashboardTools): void {
  app.get('/api/tables', async (): Promise<TablesPage> =>
    readTables(tools, await listDeployed(tools.bucket)),
  );

  app.get('/api/tables/:pipeline/:table', (request): Promise<TableDetail> => {
    const { pipeline, table } = parse(tableParams, request.params);
    return readTable(tools, pipeline, table, parse(tableQuery, request.query).limit);
  });
}
