/** Options that most optimizers share. */
export interface CommonOptions {
  /** Maximize instead of minimize. Default false. */
  maximize?: boolean | undefined;
  /** Step with operators for lists of tensors; the last bits may differ. Default false. */
  foreach?: boolean | null | undefined;
  /** Only false: torchloss does not support CUDA graphs. */
  capturable?: boolean | undefined;
  /** Only false: torchloss has no differentiable steps. */
  differentiable?: boolean | undefined;
}

/** Options of the optimizers for which LibTorch has a fused operator. */
export interface FusedOptions extends CommonOptions {
  /** Make the step with LibTorch's fused operator, 2.4 and newer. Default false. */
  fused?: boolean | null | undefined;
}
