import { CheckpointError } from "../errors";
import { DTYPE_BYTES, DTYPES, type Dtype, TORCH_STORAGE_CLASSES } from "./dtypes";
import { elementCount } from "./element-count";
import {
  kindOf,
  PickleDict,
  PickleGlobal,
  PickleList,
  type PickleWorld,
  shownValue,
  stepsToHash,
} from "./pickle";
import { quoted } from "./quoted";
import type { ReadingBudget } from "./reading-budget";
import type { TextMap } from "./text-map";

/**
 * A view may repeat elements of its storage (stride 0, as `expand` makes it), and so be of any size in a file of a
 * few bytes. Up to this many elements (4 MB as float32) are read all the same; a larger view must fit its storage.
 */
const MOST_REPEATED_ELEMENTS = 2 ** 20;

/** Bytes of an element in storages of types that are not read. */
const UNREADABLE_STORAGES = {
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QInt32Storage: 4,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
};

/** Element types that are not read: those of storages above, and those that have no storages of their own. */
const UNREADABLE_DTYPES = [
  "complex32 complex64 complex128 uint16 uint32 uint64 qint8 quint8 qint32 quint4x2 quint2x4",
  "float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2",
  "bits1x8 bits2x4 bits4x2 bits8 bits16",
  "int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7",
].flatMap((names) => names.split(" "));

/** What makes tensors that are not rows of numbers in a storage. */
const UNREADABLE_LAYOUTS = [
  "_rebuild_sparse_tensor",
  "_rebuild_qtensor",
  "_rebuild_meta_tensor_no_storage",
  "_rebuild_nested_tensor",
  "_rebuild_wrapper_subclass",
];

/** How a quantized tensor says what its numbers mean. */
const QUANTIZATION_SCHEMES = [
  "torch.per_tensor_affine",
  "torch.per_tensor_symmetric",
  "torch.per_channel_affine",
  "torch.per_channel_symmetric",
  "torch.per_channel_affine_float_qparams",
];

/** Storages without an element type; PyTorch calls their elements bytes. */
const UNTYPED_STORAGES = ["torch.storage.UntypedStorage", "torch.UntypedStorage"];

/** What stands beside tensors in checkpoints and makes no tensor; it only must not be in the way. */
const MEANINGLESS = [
  "torch.device",
  "collections.Counter",
  "_codecs.encode", // bytes in protocol 2
  "builtins.bytearray",
  "__builtin__.bytearray",
  "builtins.set",
  "__builtin__.set",
  "builtins.complex",
  "__builtin__.complex",
  "torch.serialization._get_layout",
];

/** A block of bytes beside the pickle that tensors are views of. */
export interface StorageRef {
  /** The storage's name in the file. */
  readonly key: string;
  /** `null` where elements are not read. */
  readonly dtype: Dtype | null;
  /** The storage's class in module `torch`. */
  readonly type: string;
  readonly itemBytes: number;
  /** How many elements it is declared to have. */
  readonly count: number;
  /** Old files: this storage is a part of the one in the file, from this element on. */
  readonly start: number;
  /** How many elements the storage in the file has. */
  readonly countInFile: number;
}

/** A tensor as the pickle describes it: a view of a storage. All its elements lie inside. */
export class TensorView {
  constructor(
    readonly storage: StorageRef,
    readonly dtype: Dtype,
    /** In bytes, from the start of the storage in the file. */
    readonly byteOffset: number,
    readonly shape: readonly number[],
    /** In elements. */
    readonly strides: readonly number[],
    readonly count: number,
    /** How many elements lie between its first and behind its last. */
    readonly extent: number,
  ) {}
}

/** A tensor that PyTorch reads and tslens does not. It matters only if it is asked for. */
export class UnreadableTensor {
  /** @param kind - What it is, such as `torch.uint16`. */
  constructor(readonly kind: string) {}
}

export type StoredTensor = TensorView | UnreadableTensor;

/** A storage class, as the pickle names it inside a persistent id. */
class StorageClass extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: Dtype | null,
    readonly itemBytes: number,
  ) {
    super(name);
  }
}

/** `torch.float32` and so on, as the pickle names it. */
class DtypeName extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: Dtype | null,
  ) {
    super(`torch.${name}`);
  }
}

/**
 * What a file of `torch.save` may refer to: the allow-list of functions and classes, and storages.
 *
 * @param file - For errors.
 * @param storages - Filled with every storage that the pickle names.
 * @param budget - The pickle's.
 */
export function torchWorld(
  file: string,
  storages: TextMap<StorageRef>,
  budget: ReadingBudget,
): PickleWorld {
  const globals = allowList(file, budget);
  return {
    findGlobal: (name) => globals.get(name),
    persistent: (id) => {
      const storage = storageOf(file, id);
      budget.work(stepsToHash(storage.key));
      const known = storages.get(storage.key);
      const { dtype, type, itemBytes, countInFile } = storage;
      if (
        known &&
        (known.dtype !== dtype ||
          known.itemBytes !== itemBytes ||
          known.countInFile !== countInFile)
      ) {
        throw contradiction(file, `storage ${quoted(storage.key)} is described in two ways`, {
          found: `${countInFile} of ${dtype ?? type}`,
          expected: `${known.countInFile} of ${known.dtype ?? known.type}, as before`,
        });
      }
      storages.set(storage.key, known ?? storage);
      return storage;
    },
  };
}

/** The same idea as `torch.load(weights_only=True)`: these names and no others. */
function allowList(file: string, budget: ReadingBudget): Map<string, PickleGlobal> {
  const rebuild = (args: readonly unknown[]) => rebuildTensor(file, args);
  const parameter = ([tensor]: readonly unknown[]) => {
    if (tensor instanceof TensorView || tensor instanceof UnreadableTensor) return tensor;
    throw contradiction(file, "a Parameter is not made of a tensor", { found: kindOf(tensor) });
  };
  const globals: PickleGlobal[] = [
    new PickleGlobal("collections.OrderedDict", ([pairs]) => orderedDict(file, pairs, budget)),
    new PickleGlobal("torch._utils._rebuild_tensor", rebuild),
    new PickleGlobal("torch._utils._rebuild_tensor_v2", rebuild),
    new PickleGlobal("torch._utils._rebuild_tensor_v3", rebuild),
    new PickleGlobal("torch._utils._rebuild_parameter", parameter),
    new PickleGlobal("torch._utils._rebuild_parameter_with_state", parameter),
    ...UNREADABLE_LAYOUTS.map((name) => {
      const full = `torch._utils.${name}`;
      return new PickleGlobal(full, () => new UnreadableTensor(`one made by ${full}`));
    }),
    new PickleGlobal("torch._utils._rebuild_device_tensor_from_cpu_tensor", ([tensor]) => tensor),
    new PickleGlobal("torch._tensor._rebuild_from_type_v2", (args) => rebuildFromType(file, args)),
    new PickleGlobal("torch.Tensor"),
    new PickleGlobal("torch.nn.parameter.Parameter"),
    new PickleGlobal("torch.Size", ([size]) => size),
    // Not null: two of them are two keys of a dictionary.
    ...MEANINGLESS.map((name) => new PickleGlobal(name, () => new PickleGlobal(name))),
    ...QUANTIZATION_SCHEMES.map((name) => new PickleGlobal(name)),
    ...DTYPES.map(
      (dtype) =>
        new StorageClass(`torch.${TORCH_STORAGE_CLASSES[dtype]}`, dtype, DTYPE_BYTES[dtype]),
    ),
    ...UNTYPED_STORAGES.map((name) => new StorageClass(name, "uint8", 1)),
    ...Object.entries(UNREADABLE_STORAGES).map(
      ([name, itemBytes]) => new StorageClass(`torch.${name}`, null, itemBytes),
    ),
    ...DTYPES.map((dtype) => new DtypeName(dtype, dtype)),
    ...UNREADABLE_DTYPES.map((name) => new DtypeName(name, null)),
  ];
  return new Map(globals.map((global) => [global.name, global]));
}

/** Python 2 gave an OrderedDict its items as one argument, Python 3 sets them later. */
function orderedDict(file: string, pairs: unknown, budget: ReadingBudget): PickleDict {
  const dictionary = new PickleDict(budget);
  if (pairs === undefined) return dictionary;
  const items = pairs instanceof PickleList ? pairs.items : pairs;
  if (Array.isArray(items)) {
    const keysAndValues = items.map((pair) => (pair instanceof PickleList ? pair.items : pair));
    if (keysAndValues.every((pair) => Array.isArray(pair) && pair.length === 2)) {
      for (const [key, value] of keysAndValues as [unknown, unknown][]) dictionary.set(key, value);
      return dictionary;
    }
  }
  throw contradiction(file, "an OrderedDict is not made of pairs", { found: kindOf(pairs) });
}

/**
 * `("storage", storage class, key, device, count)`, and in the old format `(view key, start, count)` or None after
 * it. The device tag (`cpu`, `cuda:0`, `mps:0`) says where the tensor was, and is ignored.
 */
function storageOf(file: string, id: unknown): StorageRef {
  const parts: readonly unknown[] = Array.isArray(id) ? id : [];
  const [tag, storageClass, key, , count, view] = parts;
  if (tag !== "storage" || !(storageClass instanceof StorageClass) || typeof key !== "string") {
    throw contradiction(file, "the pickle refers to something that is not a storage", {
      found: Array.isArray(id) ? listed(id) : kindOf(id),
      expected: '("storage", a storage class, a key, a device, a count)',
    });
  }
  const { name: type, dtype, itemBytes } = storageClass;
  const whole = {
    key,
    dtype,
    type,
    itemBytes,
    start: 0,
    countInFile: count as number,
    count: count as number,
  };
  if (isCount(count)) {
    if (view === undefined || view === null) return whole;
    if (Array.isArray(view) && view.length === 3 && isCount(view[1]) && isCount(view[2])) {
      const [, start, viewCount] = view as [unknown, number, number];
      if (start + viewCount <= whole.count) return { ...whole, start, count: viewCount };
    }
  }
  throw contradiction(file, `storage ${quoted(key)} has an impossible size`, {
    found: shownValue(count),
    expected: "a count of elements, and a view inside it",
  });
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, metadata)`; v3 has a dtype for metadata. */
function rebuildTensor(file: string, args: readonly unknown[]): StoredTensor {
  const [storage, offset, shape, strides, , , extra, metadata] = args;
  if (!isStorage(storage)) {
    throw contradiction(file, "a tensor is not made of a storage", { found: kindOf(storage) });
  }
  const where = `a tensor in storage ${quoted(storage.key)}`;
  const flags = extra instanceof DtypeName ? metadata : extra;
  if (flags instanceof PickleDict && flags.size > 0) {
    return new UnreadableTensor("one that is lazily conjugated or negated");
  }
  const type = extra instanceof DtypeName ? extra : { name: storage.type, dtype: storage.dtype };
  if (storage.dtype === null || type.dtype === null) return new UnreadableTensor(type.name);
  const { dtype } = type;
  const count = elementCount(shape);
  if (count === undefined || !areStrides(strides, (shape as number[]).length)) {
    throw contradiction(file, `${where} has an impossible shape or strides`, {
      found: `${listed(shape)} with strides ${listed(strides)}`,
      expected: "as many counts in one as in the other",
    });
  }
  const sizes = shape as number[];
  const itemBytes = DTYPE_BYTES[dtype];
  const storageItemBytes = storage.itemBytes;
  const extent = extentOf(sizes, strides);
  const room = storage.count * storageItemBytes;
  const start = isCount(offset) ? offset : -1;
  const end = (start + extent) * itemBytes;
  if (start < 0 || !(end <= room || count === 0)) {
    throw contradiction(file, `${where} reaches beyond it`, {
      found: `${dtype} ${listed(shape)} with strides ${listed(strides)} from element ${shownValue(offset)}`,
      expected: `all elements within ${room} bytes`,
    });
  }
  if (count > Math.max(room / itemBytes, MOST_REPEATED_ELEMENTS)) {
    throw contradiction(file, `${where} repeats its elements too often`, {
      found: `${count} elements in ${room} bytes`,
      expected: `at most ${MOST_REPEATED_ELEMENTS}`,
      remedy: "Save tensor.contiguous() instead.",
    });
  }
  const byteOffset = storage.start * storageItemBytes + start * itemBytes;
  return new TensorView(storage, dtype, byteOffset, sizes, strides, count, extent);
}

/** `_rebuild_from_type_v2(function, class, arguments, attributes)`: a tensor with attributes, which are left out. */
function rebuildFromType(file: string, [rebuild, , args]: readonly unknown[]): unknown {
  // Not by itself: that could be nested without end.
  const allowed = rebuild instanceof PickleGlobal && rebuild.name.startsWith("torch._utils.");
  if (allowed && rebuild.call && Array.isArray(args)) return rebuild.call(args);
  throw contradiction(file, "a tensor with attributes is made by something else", {
    found: `${kindOf(rebuild)} of ${kindOf(args)}`,
    expected: "a function of torch._utils and a tuple",
  });
}

function isStorage(value: unknown): value is StorageRef {
  return typeof value === "object" && value !== null && "countInFile" in value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areStrides(strides: unknown, length: number): strides is number[] {
  return Array.isArray(strides) && strides.length === length && strides.every(isCount);
}

/** How many storage elements lie between the first element of a view and behind its last; not exact beyond 2⁵³. */
function extentOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((extent, size, axis) => extent + (size - 1) * strides[axis], 1);
}

/** Tuples in an error are shown up to this length. */
const LONGEST_SHOWN = 8;

function listed(value: unknown): string {
  if (!Array.isArray(value)) return kindOf(value);
  const shown = value.slice(0, LONGEST_SHOWN).map(shownValue).join(", ");
  return value.length > LONGEST_SHOWN ? `[${shown} … ${value.length} items]` : `[${shown}]`;
}

function contradiction(
  file: string,
  what: string,
  details: { found: string; expected?: string; remedy?: string },
): CheckpointError {
  return new CheckpointError(what, {
    file,
    remedy: "The file is damaged, or was not written by torch.save.",
    ...details,
  });
}
