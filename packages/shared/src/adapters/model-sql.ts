import type { ColumnSchema } from '../core/batch.ts';
import { duckdbType } from '../core/column-type.ts';
import { fail, isMillraceError, type MillraceError } from '../core/errors.ts';
import { ALLOWED_TABLE_FUNCTIONS, REFUSED_FUNCTIONS } from '../core/model-functions.ts';
import { orderModels } from '../core/model-graph.ts';
import {
  excerptAt,
  formatPlace,
  placeOfByte,
  placeOfCharacter,
  readEngineMessage,
  type TextPlace,
} from '../core/model-place.ts';
import { firstOffset, readTree, type TreeFinding } from '../core/model-tree.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type { Column, ModelDeclaration } from '../core/pipeline.ts';
import type { PlannedModel } from '../core/plan.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import { storedType, typeText } from './duckdb-type.ts';
import { openEngine, type Engine } from './duckdb.ts';

