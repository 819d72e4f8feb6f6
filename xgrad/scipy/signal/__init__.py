"""Filters, spectra and systems, as in ``scipy.signal``."""

from .convolution import convolve, convolve2d, correlate, correlate2d, decimate, detrend, fftconvolve, hilbert, medfilt, medfilt2d, oaconvolve, order_filter, resample, resample_poly, upfirdn, wiener
from .design import bilinear, bilinear_zpk, butter, cheby1, cheby2, cont2discrete, dimpulse, dlsim, dstep, firls, firwin2, freqs, freqz, iirfilter, iirnotch, iirpeak, lp2bp_zpk, lp2bs_zpk, lp2hp_zpk, lp2lp_zpk, lsim, normalize, ss2tf, tf2ss, zpk2tf
from .filtering import deconvolve, filtfilt, lfilter, lfilter_zi, lfiltic, savgol_filter, sosfilt, sosfilt_zi, sosfiltfilt
from .spectra import ShortTimeFFT, coherence, csd, czt, istft, lombscargle, periodogram, spectrogram, stft, welch, zoom_fft
from .waves import argrelextrema, argrelmax, argrelmin, chirp, cspline1d, find_peaks, qspline1d, sawtooth, square, unique_roots

__all__ = ['ShortTimeFFT', 'argrelextrema', 'argrelmax', 'argrelmin', 'bilinear', 'bilinear_zpk', 'butter', 'cheby1', 'cheby2', 'chirp', 'coherence', 'cont2discrete', 'convolve', 'convolve2d', 'correlate', 'correlate2d', 'csd', 'cspline1d', 'czt', 'decimate', 'deconvolve', 'detrend', 'dimpulse', 'dlsim', 'dstep', 'fftconvolve', 'filtfilt', 'find_peaks', 'firls', 'firwin2', 'freqs', 'freqz', 'hilbert', 'iirfilter', 'iirnotch', 'iirpeak', 'istft', 'lfilter', 'lfilter_zi', 'lfiltic', 'lombscargle', 'lp2bp_zpk', 'lp2bs_zpk', 'lp2hp_zpk', 'lp2lp_zpk', 'lsim', 'medfilt', 'medfilt2d', 'normalize', 'oaconvolve', 'order_filter', 'periodogram', 'qspline1d', 'resample', 'resample_poly', 'savgol_filter', 'sawtooth', 'sosfilt', 'sosfilt_zi', 'sosfiltfilt', 'spectrogram', 'square', 'ss2tf', 'stft', 'tf2ss', 'unique_roots', 'upfirdn', 'welch', 'wiener', 'zoom_fft', 'zpk2tf',]
