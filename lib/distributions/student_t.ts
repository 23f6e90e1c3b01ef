import { callShape, readCall } from '../base/positional.js';
import type { Tensor } from '../tensor/tensor.js';
import { POSITIVE, REAL } from './constraints.js';
import { Distribution, readParameters } from './distribution.js';
import { Chi2 } from './gamma.js';
import type { LocationOptions } from './location.js';

/** Options of {@link StudentT}. */
export interface StudentTOptions extends LocationOptions {
  /** The degrees of freedom. */
  df?: Tensor | number | undefined;
}

const SHAPE = callShape('StudentT', 'df, loc?, scale?, validate_args?');
/** The logarithm of Γ(1/2). */
const LGAMMA_HALF = 0.5723649429247004;

/** Student's t-distribution of `df` degrees of freedom, moved by `loc` (default 0) and scaled by `scale` (default 1). */
export class StudentT extends Distribution {
  readonly df: Tensor;
  readonly loc: Tensor;
  readonly scale: Tensor;
  readonly #chi2: Chi2;

  constructor(
    df: Tensor | number | StudentTOptions,
    loc?: Tensor | number | StudentTOptions,
    scale?: Tensor | number | StudentTOptions,
    validate_args?: boolean | null | StudentTOptions,
  );
  constructor(...args: unknown[]) {
    const { df: given, loc = 0, scale = 1, validate_args } = readCall<StudentTOptions>(SHAPE, args);
    const constraints = { df: POSITIVE, loc: REAL, scale: POSITIVE };
    const read = readParameters({ df: given, loc, scale, validate_args }, constraints);
    super(read.batch_shape, validate_args);
    this.df = read.df;
    this.loc = read.loc;
    this.scale = read.scale;
    this.#chi2 = new Chi2(read.df, false);
  }

  /** `loc`, where there is more than one degree of freedom; NaN elsewhere. */
  get mean(): Tensor {
    return this.loc.masked_fill(this.df.le(1), Number.NaN);
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** Infinity up to two degrees of freedom, NaN up to one. */
  get variance(): Tensor {
    const { df, scale } = this;
    return scale
      .pow(2)
      .mul(df)
      .div(df.sub(2))
      .masked_fill(df.le(2), Number.POSITIVE_INFINITY)
      .masked_fill(df.le(1), Number.NaN);
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    const noise = this.df.new_empty(this.extended(sample_shape)).normal_();
    const spread = this.#chi2.rsample(sample_shape);
    return this.loc.add(this.scale.mul(noise.mul(spread.div(this.df).rsqrt())));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, REAL);
    const { df, loc, scale } = this;
    const y = value.sub(loc).div(scale);
    const normalizer = scale
      .log()
      .add(df.log().mul(0.5))
      .add(0.5 * Math.log(Math.PI))
      .add(df.mul(0.5).lgamma())
      .sub(df.add(1).mul(0.5).lgamma());
    return df.add(1).mul(-0.5).mul(y.pow(2).div(df).log1p()).sub(normalizer);
  }

  override entropy(): Tensor {
    const { df, scale } = this;
    const [half, next] = [df.mul(0.5), df.add(1).mul(0.5)];
    const lbeta = half.lgamma().add(LGAMMA_HALF).sub(next.lgamma());
    return scale
      .log()
      .add(next.mul(next.digamma().sub(half.digamma())))
      .add(df.log().mul(0.5))
      .add(lbeta);
  }
}
