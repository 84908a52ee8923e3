# Compiler settings and the one way to declare a room or a test.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

# Several files of a target are compiled as one: most of a file's time goes into headers that its neighbours read too.
# Names in a room's unnamed namespaces therefore have to differ. Tools that look at one file alone turn it off (tools/lint).
option(PROTEUS_UNITY "Compile several files of a target as one" ON)
if(PROTEUS_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

add_library(proteus_options INTERFACE)
# Places in messages are told from the root of the sources, wherever that lay.
# No fused or reordered arithmetic: release and sanitizer builds have to give the same bits.
target_compile_options(proteus_options INTERFACE
  -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> -Wnon-virtual-dtor -Wno-missing-field-initializers
  -ffp-contract=off -fno-omit-frame-pointer -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(PROTEUS_UNITY)
  # GCC takes every file but the first for a header, where a type with a part from an unnamed namespace would be two.
  target_compile_options(proteus_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
target_compile_features(proteus_options INTERFACE cxx_std_20)
target_include_directories(proteus_options INTERFACE ${PROJECT_SOURCE_DIR})
# lld and mold index zero-length FDEs of GCC's cold partitions and break exceptions; GNU ld is the safe linker.
target_link_options(proteus_options INTERFACE -fuse-ld=bfd)
if(PROTEUS_WERROR)
  target_compile_options(proteus_options INTERFACE -Werror)
endif()
if(PROTEUS_SANITIZE)
  target_compile_options(proteus_options INTERFACE -fsanitize=${PROTEUS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(proteus_options INTERFACE -fsanitize=${PROTEUS_SANITIZE})
  if(PROTEUS_SANITIZE MATCHES "thread")
    target_compile_options(proteus_options INTERFACE -Wno-tsan)
    target_compile_definitions(proteus_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

if(PROTEUS_FUZZ)
  # Coverage of every room; the fuzzer's own main is linked by its targets alone (tests/fuzz).
  target_compile_options(proteus_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_package(Boost 1.81.0 EXACT CONFIG REQUIRED COMPONENTS system json url)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
if(PROTEUS_WITH_TORCH)
  find_package(Torch 1.13 REQUIRED)
endif()

# proteus_room(<name> [LINK <targets>...]): a static library of every .cpp in this folder (not below it).
function(proteus_room name)
  cmake_parse_arguments(ROOM "" "" "LINK;SUBDIRS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(sub ${ROOM_SUBDIRS})
    file(GLOB more CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${sub}/*.cpp)
    list(APPEND sources ${more})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_library(proteus_${name} STATIC ${sources})
  target_link_libraries(proteus_${name} PUBLIC proteus_options ${ROOM_LINK})
endfunction()

# The same for a room that sees LibTorch: its headers come precompiled (models/CMakeLists.txt).
function(proteus_torch_room name)
  cmake_parse_arguments(ROOM "" "" "LINK" ${ARGN})
  proteus_room(${name} LINK ${ROOM_LINK} proteus_torch)
  if(TARGET proteus_${name})
    target_precompile_headers(proteus_${name} REUSE_FROM proteus_torch_pch)
    target_compile_options(proteus_${name} PRIVATE -fpch-preprocess -Winvalid-pch)
  endif()
endfunction()

# Flags of test programs and of the program's own verbs. What they hold is read by sanitized code of the rooms, and address sanitizing
# stays on; the checks of each dereference in them would take half of the time that all builds take. To be linked last.
add_library(proteus_light_checks INTERFACE)
if(PROTEUS_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(proteus_light_checks INTERFACE -Og -fno-sanitize=null,alignment,object-size,vptr
    "SHELL:--param asan-instrumentation-with-call-threshold=0")
endif()

# proteus_test(<name> LINK <targets>...): a GoogleTest program of every .cpp in tests/.../<name>.
function(proteus_test name)
  cmake_parse_arguments(T "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" target ${name})
  add_executable(test_${target} ${sources})
  target_link_libraries(test_${target} PRIVATE proteus_options ${T_LINK} GTest::gmock GTest::gtest_main proteus_light_checks)
  gtest_discover_tests(test_${target} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES TEST_PREFIX "${target}/"
    PROPERTIES TIMEOUT 300 ENVIRONMENT "PROTEUS_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()

# The same for a room that sees LibTorch, which takes half a second to load: ctest runs a suite at a time, not a test.
function(proteus_torch_test name)
  cmake_parse_arguments(T "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources OR NOT PROTEUS_WITH_TORCH)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE proteus_options ${T_LINK} GTest::gmock GTest::gtest_main proteus_light_checks)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
  set(suites "")
  foreach(source ${sources})
    file(STRINGS ${source} lines REGEX "^TEST(_F|_P)?\\(")
    foreach(line ${lines})
      string(REGEX REPLACE "^TEST(_F|_P)?\\( *([A-Za-z0-9_]+).*" "\\2" suite "${line}")
      list(APPEND suites ${suite})
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES suites)
  foreach(suite ${suites})
    add_test(NAME ${name}/${suite} COMMAND test_${name} --gtest_filter=${suite}.*:*/${suite}.*)
    set_tests_properties(${name}/${suite} PROPERTIES TIMEOUT 300
      ENVIRONMENT "PROTEUS_SOURCE_DIR=${PROJECT_SOURCE_DIR};OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1")
  endforeach()
endfunction()
