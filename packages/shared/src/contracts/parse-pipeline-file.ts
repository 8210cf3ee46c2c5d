import { parseLocatedYaml, type LocatedYaml } from './located-yaml.ts';
import { pipelineFileSchema, type PipelineFile } from './pipeline-file.ts';

/** Parses `pipeline.yml`; see `parseLocatedYaml`. */
export function parsePipelineFile(text: string, name: string): LocatedYaml<PipelineFile> {
  return parseLocatedYaml(pipelineFileSchema, text, name);
}
