import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { fail, toErrorRecord } from '@millrace/shared/core/errors';
import { readConfig } from '@millrace/shared/runtime/config';
import { createLogger } from '@millrace/shared/runtime/logger';
import { stopOnSignals } from '@millrace/shared/runtime/shutdown';

import { readDashboardConfig } from './config.ts';
import { startDashboard } from './start-dashboard.ts';

const STOP_MAX_MS = 5000;

try {
  const config = readConfig();
  const logger = createLogger(config, 'dashboard');
  const dashboard = await startDashboard({
    config,
    dashboard: readDashboardConfig(),
    logger,
    bucket: await openFolderBucket(config.bucket),
  });
  stopOnSignals(() => dashboard.stop(), STOP_MAX_MS, logger);
  // Whoever supervises it may want to say where it is.
  process.send?.({ dashboardUrl: dashboard.url }, undefined, undefined, () => undefined);
  logger.info({ url: dashboard.url }, 'ready');
} catch (error) {
  const { code, message, where, hint } = toErrorRecord(error);
  process.stderr.write(`${JSON.stringify({ service: 'dashboard', code, message, where, hint })}\n`);
  process.exit(fail(code, { message }).exitCode);
}
