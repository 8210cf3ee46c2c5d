import { objectMaker, type JsonObject } from './json-object.ts';

/** Objects that are maps keyed by ids would fill the memory for nothing: this many keys are remembered, no more. */
const MAX_KEYS = 4096;
const MAX_KEY_LENGTH = 64;
const MAX_KEYS_OF_OBJECT = 256;

/**
 * A key, as it was met after certain other keys of an object. Records of one file repeat the same keys in the same
 * order, so the parser compares the text with the key it expects instead of cutting out a string and looking that up;
 * and since a remembered path holds no key twice, following it needs no search for duplicates.
 */
export class KnownKey {
  readonly key: string;
  /** Keys before this one in the object; the start of an object is no key and has -1. */
  readonly position: number;
  readonly previous: KnownKey | null;
  /** What followed most recently. */
  next: KnownKey | null = null;
  #inner: ObjectContext | null = null;
  readonly followers = new Map<string, KnownKey>();

  constructor(key: string, previous: KnownKey | null) {
    this.key = key;
    this.previous = previous;
    this.position = previous === null ? -1 : previous.position + 1;
  }

  /** What the objects under this key, directly or in arrays, have in common. */
  get inner(): ObjectContext {
    return (this.#inner ??= new ObjectContext());
  }
}

/** Objects in one place of the records mostly have the same keys, and by that the same layout in memory. */
class ObjectContext {
  readonly start = new KnownKey('', null);
  /** V8 lays out objects by what their constructor made before, so each place has its own. */
  readonly newObject: () => JsonObject = objectMaker();
}

export class KeyMemory {
  /** Where objects at the top of a text are. */
  readonly top = new KnownKey('', null);
  #size = 0;

  get isFull(): boolean {
    return this.#size >= MAX_KEYS;
  }

  /**
   * The key that follows `known`, or null when it is a duplicate or not to be remembered: then the caller goes on
   * without memory.
   * @param key as it stands in the text, without escapes
   */
  follow(known: KnownKey, key: string): KnownKey | null {
    const follower = known.followers.get(key) ?? this.#remember(known, key);
    if (follower !== null) known.next = follower;
    return follower;
  }

  #remember(known: KnownKey, key: string): KnownKey | null {
    if (this.isFull || key.length > MAX_KEY_LENGTH || known.position >= MAX_KEYS_OF_OBJECT) return null;
    for (let at = known; at.previous !== null; at = at.previous) {
      if (at.key === key) return null;
    }
    const follower = new KnownKey(key, known);
    known.followers.set(key, follower);
    this.#size += 1;
    return follower;
  }
}
