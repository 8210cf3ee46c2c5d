import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import typescript from 'typescript';

/**
 * Node's hook for loading a module: strips types, which newer versions of Node do by themselves.
 * @type {import('node:module').LoadHook}
 */
export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const text = await readFile(fileURLToPath(url), 'utf8');
  const { outputText } = typescript.transpileModule(text, {
    fileName: fileURLToPath(url),
    compilerOptions: { target: 99, module: 99, verbatimModuleSyntax: true, inlineSourceMap: true },
  });
  return { format: 'module', source: outputText, shortCircuit: true };
}
