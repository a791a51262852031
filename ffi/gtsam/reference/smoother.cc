// A plain fixed-lag smoother: Gauss-Newton on the nodes in the order of time. Nodes are eliminated oldest first, and
// what each elimination leaves for the later ones is kept, so that an update begins at the first node that it
// touches (the chain of M. Kaess et al., "iSAM2", IJRR 31(2), 2012, without its tree).
#include <algorithm>
#include <map>

#include "backend.hpp"
#include "build_info.hpp"
#include "eigen_version.hpp"

namespace gdn::smoother {

namespace {

constexpr int kIterations = 4;

/// d' H d / 2 + g' d over the errors of some nodes.
struct Quadratic {
  std::vector<int64_t> times;
  MatrixXd h;
  VectorXd g;

  Quadratic() = default;
  explicit Quadratic(std::vector<int64_t> nodes)
      : times(std::move(nodes)),
        h(MatrixXd::Zero(kErrors * times.size(), kErrors * times.size())),
        g(VectorXd::Zero(kErrors * times.size())) {}

  Eigen::Index place(int64_t time) const {
    return kErrors * (std::lower_bound(times.begin(), times.end(), time) - times.begin());
  }
};

struct Term {
  FactorPointer factor;
  Residual linear{0, 0};
  bool stale = true;
};

struct Slot {
  Node point;
  Error delta = Error::Zero();
  /// Factors whose earliest node this is.
  std::vector<Term> terms;
  /// What the elimination of all earlier nodes says of this one and of later ones.
  Quadratic message;
  /// Once it is eliminated: delta = -offset - gain * (deltas of the separator), with this inverse of its information.
  std::vector<int64_t> separator;
  MatrixXd gain, inverse;
  Error offset = Error::Zero();
};

class ReferenceSmoother : public Backend {
 public:
  explicit ReferenceSmoother(const gdn_smoother_options& options) : options_(options) {}

  int update(const Changes& changes, int64_t oldest_kept) override {
    int64_t first = take(changes);
    int relinearised = 0;
    for (int i = 0; i < kIterations; ++i) {
      eliminate(first);
      substitute();
      if (i + 1 == kIterations) break;
      const int moved = relinearise(&first);
      if (moved == 0) break;
      relinearised += moved;
    }
    slots_.erase(slots_.begin(), slots_.lower_bound(oldest_kept));
    return relinearised;
  }

  Node state(int64_t time) const override {
    const Slot& slot = slots_.at(time);
    return slot.point.retract(slot.delta);
  }

  MatrixXd covariance(const std::vector<int64_t>& times) const override;

 private:
  gdn_smoother_options options_;
  std::map<int64_t, Slot> slots_;

  /// The first node that has to be eliminated anew.
  int64_t take(const Changes& changes) {
    int64_t first = INT64_MAX;
    for (const auto& [time, node] : changes.nodes) slots_[time].point = node;
    for (const FactorPointer& factor : changes.removed) {
      auto& terms = slots_.at(factor->times[0]).terms;
      terms.erase(std::remove_if(terms.begin(), terms.end(),
                                 [&](const Term& term) { return term.factor == factor; }),
                  terms.end());
      first = std::min(first, factor->times[0]);
    }
    for (const FactorPointer& factor : changes.added) {
      slots_.at(factor->times[0]).terms.push_back({factor});
      first = std::min(first, factor->times[0]);
    }
    return first;
  }

  void linearise(Term* term) const {
    if (!term->stale) return;
    std::vector<const Node*> nodes;
    for (const int64_t time : term->factor->times) nodes.push_back(&slots_.at(time).point);
    term->linear = term->factor->evaluate(nodes);
    term->stale = false;
  }

  void eliminate(int64_t first) {
    for (auto at = slots_.lower_bound(first); at != slots_.end(); ++at) {
      const auto next = std::next(at);
      Quadratic left = eliminate(at->first, &at->second);
      if (next != slots_.end()) next->second.message = std::move(left);
    }
  }

  Quadratic eliminate(int64_t time, Slot* slot) const {
    std::vector<int64_t> times = slot->message.times;
    times.push_back(time);
    for (const Term& term : slot->terms) {
      times.insert(times.end(), term.factor->times.begin(), term.factor->times.end());
    }
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    Quadratic joint(times);
    add(slot->message, &joint);
    for (Term& term : slot->terms) {
      linearise(&term);
      add(term, &joint);
    }
    const Eigen::Index rest = joint.g.size() - kErrors;
    const Eigen::LLT<Information> own(Information(joint.h.topLeftCorner<kErrors, kErrors>()));
    if (own.info() != Eigen::Success) throw Failure(GDN_SMOOTHER_FAILED, "a node's information is not positive");
    slot->separator.assign(times.begin() + 1, times.end());
    slot->gain = own.solve(joint.h.topRightCorner(kErrors, rest));
    slot->offset = own.solve(joint.g.head<kErrors>());
    slot->inverse = own.solve(Information::Identity());
    Quadratic left(slot->separator);
    left.h.noalias() = joint.h.bottomRightCorner(rest, rest);
    left.h.noalias() -= joint.h.topRightCorner(kErrors, rest).transpose() * slot->gain;
    left.g = joint.g.tail(rest) - joint.h.topRightCorner(kErrors, rest).transpose() * slot->offset;
    return left;
  }

  static void add(const Quadratic& part, Quadratic* whole) {
    for (size_t i = 0; i < part.times.size(); ++i) {
      const Eigen::Index row = whole->place(part.times[i]);
      whole->g.segment<kErrors>(row) += part.g.segment<kErrors>(kErrors * i);
      for (size_t k = 0; k < part.times.size(); ++k) {
        whole->h.block<kErrors, kErrors>(row, whole->place(part.times[k])) +=
            part.h.block<kErrors, kErrors>(kErrors * i, kErrors * k);
      }
    }
  }

  static void add(const Term& term, Quadratic* whole) {
    const auto& times = term.factor->times;
    for (size_t i = 0; i < times.size(); ++i) {
      const Eigen::Index row = whole->place(times[i]);
      const MatrixXd back = term.linear.derivatives[i].transpose();
      whole->g.segment<kErrors>(row) += back * term.linear.value;
      for (size_t k = 0; k < times.size(); ++k) {
        whole->h.block<kErrors, kErrors>(row, whole->place(times[k])).noalias() +=
            back * term.linear.derivatives[k];
      }
    }
  }

  void substitute() {
    for (auto at = slots_.rbegin(); at != slots_.rend(); ++at) {
      Slot& slot = at->second;
      slot.delta = -slot.offset;
      for (size_t i = 0; i < slot.separator.size(); ++i) {
        slot.delta -= slot.gain.block<kErrors, kErrors>(0, kErrors * i) * slots_.at(slot.separator[i]).delta;
      }
      if (!slot.delta.allFinite()) throw Failure(GDN_SMOOTHER_FAILED, "a state is not finite");
    }
  }

  bool has_moved(const Error& d) const {
    const double rotation = std::max(d.segment<3>(kAttitude).norm(), d.segment<3>(kMounting).norm());
    const double length = std::max(d.segment<3>(kPosition).norm(), d.segment<3>(kVelocity).norm());
    return rotation > options_.relinearise_rotation_rad || length > options_.relinearise_length_m;
  }

  /// What marginalised nodes have left speaks of errors about the present points: those stay.
  int relinearise(int64_t* first) {
    const std::vector<int64_t>& fixed = slots_.begin()->second.message.times;
    std::vector<int64_t> moved;
    for (auto& [time, slot] : slots_) {
      if (!has_moved(slot.delta) || std::binary_search(fixed.begin(), fixed.end(), time)) continue;
      slot.point = slot.point.retract(slot.delta);
      slot.delta.setZero();
      moved.push_back(time);
    }
    *first = INT64_MAX;
    for (auto& [time, slot] : slots_) {
      for (Term& term : slot.terms) {
        const auto& times = term.factor->times;
        const bool touches = std::any_of(times.begin(), times.end(), [&](int64_t one) {
          return std::binary_search(moved.begin(), moved.end(), one);
        });
        if (!touches) continue;
        term.stale = true;
        *first = std::min(*first, time);
      }
    }
    return static_cast<int>(moved.size());
  }
};

/// From the newest node backwards, of all that is wanted or that an earlier node may still refer to.
MatrixXd ReferenceSmoother::covariance(const std::vector<int64_t>& wanted) const {
  std::vector<int64_t> known;
  MatrixXd all;
  const int64_t until = *std::min_element(wanted.begin(), wanted.end());
  const auto place = [&](int64_t time) {
    return kErrors * (std::find(known.begin(), known.end(), time) - known.begin());
  };
  for (auto at = slots_.rbegin(); at != slots_.rend() && at->first >= until; ++at) {
    const Slot& slot = at->second;
    const Eigen::Index size = all.rows();
    MatrixXd with = MatrixXd::Zero(kErrors, size);
    Information own = slot.inverse;
    for (size_t i = 0; i < slot.separator.size(); ++i) {
      with.noalias() -= slot.gain.block<kErrors, kErrors>(0, kErrors * i) *
                        all.middleRows<kErrors>(place(slot.separator[i]));
    }
    for (size_t i = 0; i < slot.separator.size(); ++i) {
      own.noalias() -= with.middleCols<kErrors>(place(slot.separator[i])) *
                       slot.gain.block<kErrors, kErrors>(0, kErrors * i).transpose();
    }
    // Keep the separator, what is wanted, and this one.
    std::vector<int64_t> kept;
    for (const int64_t time : known) {
      const bool needed = std::find(wanted.begin(), wanted.end(), time) != wanted.end() ||
                          std::binary_search(slot.separator.begin(), slot.separator.end(), time);
      if (needed) kept.push_back(time);
    }
    MatrixXd next(kErrors * (kept.size() + 1), kErrors * (kept.size() + 1));
    for (size_t i = 0; i < kept.size(); ++i) {
      for (size_t k = 0; k < kept.size(); ++k) {
        next.block<kErrors, kErrors>(kErrors * i, kErrors * k) =
            all.block<kErrors, kErrors>(place(kept[i]), place(kept[k]));
      }
      const Information cross = with.middleCols<kErrors>(place(kept[i]));
      next.block<kErrors, kErrors>(kErrors * kept.size(), kErrors * i) = cross;
      next.block<kErrors, kErrors>(kErrors * i, kErrors * kept.size()) = cross.transpose();
    }
    next.bottomRightCorner<kErrors, kErrors>() = (own + own.transpose()) / 2;
    kept.push_back(at->first);
    known = std::move(kept);
    all = std::move(next);
  }
  MatrixXd out(kErrors * wanted.size(), kErrors * wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    for (size_t k = 0; k < wanted.size(); ++k) {
      out.block<kErrors, kErrors>(kErrors * i, kErrors * k) =
          all.block<kErrors, kErrors>(place(wanted[i]), place(wanted[k]));
    }
  }
  return out;
}

}  // namespace

std::unique_ptr<Backend> make_backend(const gdn_smoother_options& options) {
  return std::make_unique<ReferenceSmoother>(options);
}

gdn_gtsam_status backend_status() {
  gdn_gtsam_status status{};
  status.backend = GDN_GTSAM_BACKEND_REFERENCE;
  status.state = GDN_GTSAM_AVAILABLE;
  return status;
}

}  // namespace gdn::smoother

namespace {
[[gnu::used]] const char kBuildInfo[] = GDN_BUILD_INFO("gtsam", GDN_GTSAM_ABI, GDN_BUILT_FROM_EIGEN);
}  // namespace

uint32_t gdn_gtsam_abi_version(void) { return GDN_GTSAM_ABI; }

int32_t gdn_gtsam_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  return gdn::copy_build_info(kBuildInfo, json, capacity, length, error);
}
