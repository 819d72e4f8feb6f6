"""What stands before the text of kernels: the same text is compiled for a GPU and by C++.

On the host a kernel is a function that goes over all elements or rows in one thread, so that its
arithmetic is tested where there is no GPU.
"""

__all__ = ["PRELUDE"]

PRELUDE = r"""
#ifdef __CUDACC_RTC__
#include <cupy/complex.cuh>
#define DEVICE static __device__ __forceinline__
#define KERNEL extern "C" __global__ void
DEVICE float from_half(unsigned short h) { float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h)); return f; }
DEVICE unsigned short to_half(float f) { unsigned short h;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f)); return h; }
#else
#include <cmath>
#include <complex>
#include <cstring>
using namespace std;
#define DEVICE static inline
#define KERNEL extern "C" void
struct Dim { long long x; };
static const Dim blockIdx = {0}, threadIdx = {0}, blockDim = {1}, gridDim = {1};
static inline float from_half(unsigned short h) {
  int e = (h >> 10) & 31, m = h & 1023; float s = h >> 15 ? -1.0f : 1.0f;
  if (e == 31) return m ? NAN : s * INFINITY;
  return e ? s * ldexpf((float)(1024 + m), e - 25) : s * ldexpf((float)m, -24);
}
static inline unsigned short to_half(float f) {
  unsigned u; memcpy(&u, &f, 4);
  unsigned s = (u >> 16) & 0x8000, a = u & 0x7fffffff;
  if (a > 0x7f800000) return (unsigned short)(s | 0x7e00);
  if (a >= 0x477ff000) return (unsigned short)(s | 0x7c00);
  if (a < 0x38800000) return (unsigned short)(s | (unsigned)lrintf(ldexpf(fabsf(f), 24)));
  unsigned odd = (a >> 13) & 1;
  return (unsigned short)(s | ((a + 0xfff + odd - 0x38000000) >> 13));
}
#endif
DEVICE float from_bfloat(unsigned short h) { unsigned u = (unsigned)h << 16; float f;
  memcpy(&f, &u, 4); return f; }
DEVICE unsigned short to_bfloat(float f) {
  unsigned u; memcpy(&u, &f, 4);
  if ((u & 0x7fffffff) > 0x7f800000) return (unsigned short)((u >> 16) | 64);
  return (unsigned short)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}
DEVICE double inf_() { unsigned long long b = 0x7ff0000000000000ULL; double d;
  memcpy(&d, &b, 8); return d; }
DEVICE double nan_() { unsigned long long b = 0x7ff8000000000000ULL; double d;
  memcpy(&d, &b, 8); return d; }
template <class T> DEVICE T larger(T a, T b) { return (a != a || a > b) ? a : b; }
template <class T> DEVICE T smaller(T a, T b) { return (a != a || a < b) ? a : b; }
template <class T> DEVICE T strong(T a, T b) { return (a == T(0) || b == T(0)) ? T(0) : a * b; }
template <class T> DEVICE T sign_(T a) { return a != a ? a : T((a > T(0)) - (a < T(0))); }
template <class T> DEVICE T remainder_(T a, T b) {
  T m = fmod(a, b);
  return m != T(0) ? (((b < T(0)) != (m < T(0))) ? m + b : m) : (b == b && b != T(0)) ?
  copysign(T(0), b) : m;
}
template <class T> DEVICE T floor_divide_(T a, T b) {
  if (b == T(0)) return a / b;
  T m = fmod(a, b), q = (a - m) / b;
  if (m != T(0) && (b < T(0)) != (m < T(0))) q -= T(1);
  if (q == T(0)) return copysign(T(0), a / b);
  T f = floor(q);
  return q - f > T(0.5) ? f + T(1) : f;
}
template <class T> DEVICE T logaddexp_(T a, T b) {
  if (a == b) return a + T(0.693147180559945309417232121458176568);
  T d = a - b;
  return d > T(0) ? a + log1p(exp(-d)) : d <= T(0) ? b + log1p(exp(d)) : d;
}
template <class T> DEVICE bool is_nan(T a) { return a != a; }
template <class T> DEVICE bool is_inf(T a) { return a == T(inf_()) || a == T(-inf_()); }
template <class T> DEVICE bool is_finite(T a) { return !is_nan(a) && !is_inf(a); }
template <class T> DEVICE bool is_nan(complex<T> a) {
  return is_nan(a.real()) || is_nan(a.imag()); }
template <class T> DEVICE bool is_inf(complex<T> a) {
  return is_inf(a.real()) || is_inf(a.imag()); }
template <class T> DEVICE bool is_finite(complex<T> a) {
  return is_finite(a.real()) && is_finite(a.imag()); }
struct Sum { template <class T> DEVICE T of(T a, T b) { return a + b; } };
struct Product { template <class T> DEVICE T of(T a, T b) { return a * b; } };
struct Largest { template <class T> DEVICE T of(T a, T b) { return larger(a, b); } };
struct Smallest { template <class T> DEVICE T of(T a, T b) { return smaller(a, b); } };
#ifdef __CUDACC_RTC__
template <class F, class T> DEVICE T over_block(T x) {
  __shared__ __align__(16) char raw[1024 * 16];
  T* part = (T*)raw;
  part[threadIdx.x] = x;
  __syncthreads();
  for (int d = blockDim.x / 2; d; d >>= 1) {
    if ((int)threadIdx.x < d) part[threadIdx.x] = F::of(part[threadIdx.x], part[threadIdx.x + d]);
    __syncthreads();
  }
  x = part[0];
  __syncthreads();
  return x;
}
#else
template <class F, class T> DEVICE T over_block(T x) { return x; }
#endif
"""
